using System.Buffers.Binary;
using System.Net;
using Insula.Dns.Messages;

namespace Insula.Dns.Tests;

/// <summary>An answer, taken apart by other means than those that are tested.</summary>
internal sealed class Answer
{
    private readonly byte[] _message;
    private int _at = 12;

    public Answer(ReadOnlySpan<byte> message)
    {
        _message = message.ToArray();
        Name = ReadName();
        _at += 4;
        Sections = [.. ((int[])[6, 8, 10]).Select(c => Enumerable.Range(0, Number(c)).Select(_ => ReadRecord()).ToList())];
        Assert.Equal(_message.Length, _at);
    }

    public string Name { get; }

    public ushort Flags => Number(2);

    public ResponseCode Code => (ResponseCode)((Flags & 0xf) | (Opt is { } opt ? (int)(opt.Ttl >> 24) << 4 : 0));

    public bool IsTruncated => (Flags & 0x0200) != 0;

    public bool IsAuthoritative => (Flags & 0x0400) != 0;

    public List<List<Record>> Sections { get; }

    public List<string> Answers => [.. Sections[0].Select(r => r.ToString())];

    public Record? Authority => Sections[1].SingleOrDefault();

    public Record? Opt => Sections[2].SingleOrDefault(r => r.Type == RecordTypes.OPT);

    public List<string> Additional => [.. Sections[2].Where(r => r.Type != RecordTypes.OPT).Select(r => r.ToString())];

    private ushort Number(int at) => BinaryPrimitives.ReadUInt16BigEndian(_message.AsSpan(at));

    private string ReadName(int? from = null)
    {
        var labels = new List<string>();
        var at = from ?? _at;
        var jumped = from is not null;
        while (_message[at] != 0)
        {
            if (_message[at] >= 0xc0)
            {
                _at = jumped ? _at : at + 2;
                (jumped, at) = (true, Number(at) & 0x3fff);
                continue;
            }

            labels.Add(System.Text.Encoding.ASCII.GetString(_message, at + 1, _message[at]));
            at += 1 + _message[at];
        }

        _at = jumped ? _at : at + 1;
        return string.Join('.', labels);
    }

    private Record ReadRecord()
    {
        var name = ReadName();
        var (type, ttl, length) = (Number(_at), BinaryPrimitives.ReadUInt32BigEndian(_message.AsSpan(_at + 4)), Number(_at + 8));
        var data = _at + 10;
        var text = type switch
        {
            RecordTypes.A or RecordTypes.AAAA => new IPAddress(_message.AsSpan(data, length)).ToString(),
            RecordTypes.CNAME or RecordTypes.PTR or RecordTypes.NS => ReadName(data),
            RecordTypes.SRV => $"{Number(data)} {Number(data + 2)} {Number(data + 4)} {ReadName(data + 6)}",
            RecordTypes.SOA => ReadName(data),
            _ => Convert.ToHexString(_message, data, length),
        };
        _at = data + length;
        return new(name, type, ttl, text);
    }

    internal sealed record Record(string Name, ushort Type, uint Ttl, string Text)
    {
        public override string ToString() => $"{Name} {Type} {Text}";
    }
}
