using System.Buffers.Binary;

namespace Insula.Dns.Messages;

/// <summary>
/// An answer of another server: whether it is one to what was asked, and its records, with their names written out. It is believed in
/// nothing but what it says of names.
/// </summary>
public ref struct AnswerReader
{
    /// <summary>Room for a name, and for data that holds names, written out: two names and five numbers.</summary>
    public const int Room = (3 * DnsName.MaxLength) + 20;

    private const ushort ResponseFlag = 0x8000;
    private const ushort OpcodeMask = 0x7800;
    private const int RecordHeader = 10;

    private readonly ReadOnlySpan<byte> _message;
    private readonly Span<byte> _name;
    private readonly Span<byte> _data;
    private readonly int _answers;
    private int _at;
    private int _left;

    /// <summary>Reads an answer that is one (<see cref="IsTo"/>).</summary>
    /// <param name="message">The answer.</param>
    /// <param name="room">Of <see cref="Room"/> bytes: what is current is in it.</param>
    public AnswerReader(ReadOnlySpan<byte> message, Span<byte> room)
    {
        _message = message;
        _name = room[..DnsName.MaxLength];
        _data = room[DnsName.MaxLength..];
        _answers = BinaryPrimitives.ReadUInt16BigEndian(message[6..]);
        _left = _answers + BinaryPrimitives.ReadUInt16BigEndian(message[8..]);
        _at = DnsQuery.HeaderLength;
        DnsName.TrySkip(message, ref _at, pointers: false);
        _at += 4;
        Section = MessageSection.Answer;
    }

    /// <summary>What became of the question.</summary>
    public readonly ResponseCode Code => CodeOf(_message);

    /// <summary>Whether something is missing.</summary>
    public readonly bool IsTruncated => TruncatedOf(_message);

    /// <summary>Where the current record stands.</summary>
    public MessageSection Section { get; private set; }

    /// <summary>Its name.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Its type.</summary>
    public ushort Type { get; private set; }

    /// <summary>Seconds it may be kept.</summary>
    public uint Ttl { get; private set; }

    /// <summary>Its data.</summary>
    public ReadOnlySpan<byte> Data { get; private set; }

    /// <summary>What became of the question of an answer.</summary>
    public static ResponseCode CodeOf(ReadOnlySpan<byte> message) => (ResponseCode)(message[3] & 0xf);

    /// <summary>Whether something is missing in an answer.</summary>
    public static bool TruncatedOf(ReadOnlySpan<byte> message) => (BinaryPrimitives.ReadUInt16BigEndian(message[2..]) & MessageWriter.TruncatedFlag) != 0;

    /// <summary>Whether a message answers this question: same number, same name, same type.</summary>
    /// <param name="message">What came.</param>
    /// <param name="question">What was sent: header, question, and what may be behind it.</param>
    /// <param name="length">How long the header and the question of the latter are.</param>
    public static bool IsTo(ReadOnlySpan<byte> message, ReadOnlySpan<byte> question, int length)
    {
        if (message.Length < length || !message[..2].SequenceEqual(question[..2]) || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 1
            || (BinaryPrimitives.ReadUInt16BigEndian(message[2..]) & (ResponseFlag | OpcodeMask)) != ResponseFlag)
        {
            return false;
        }

        // Letters may have come back as others; lengths are never letters.
        for (var i = DnsQuery.HeaderLength; i < length - 4; i++)
        {
            if (message[i] != question[i] && (!char.IsAsciiLetter((char)message[i]) || (message[i] | 0x20) != (question[i] | 0x20)))
            {
                return false;
            }
        }

        return message[(length - 4)..length].SequenceEqual(question[(length - 4)..length]);
    }

    /// <summary>Goes to the next record of what was asked for, or of who knows; false behind the last, or at what is none.</summary>
    public bool Next()
    {
        if (_left == 0 || DnsName.Read(_message, ref _at, _name) is not (> 0 and var length) || _at + RecordHeader > _message.Length)
        {
            return false;
        }

        var header = _message[_at..];
        var size = BinaryPrimitives.ReadUInt16BigEndian(header[8..]);
        if (size > header.Length - RecordHeader || BinaryPrimitives.ReadUInt16BigEndian(header[2..]) != 1)
        {
            return false;
        }

        Name = _name[..length];
        Type = BinaryPrimitives.ReadUInt16BigEndian(header);
        Ttl = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        Section = BinaryPrimitives.ReadUInt16BigEndian(_message[6..]) + BinaryPrimitives.ReadUInt16BigEndian(_message[8..]) - _left < _answers
            ? MessageSection.Answer : MessageSection.Authority;
        _left--;
        var at = _at + RecordHeader;
        _at = at + size;
        return TryExpand(at, _at, _data);
    }

    private bool TryExpand(int at, int end, Span<byte> into)
    {
        var (before, names, behind) = Type switch
        {
            RecordTypes.NS or RecordTypes.CNAME or RecordTypes.PTR or RecordTypes.DNAME => (0, 1, 0),
            RecordTypes.MX => (2, 1, 0),
            RecordTypes.SRV => (6, 1, 0),
            RecordTypes.SOA => (0, 2, 20),
            _ => (end - at, 0, 0),
        };
        if (names == 0)
        {
            Data = _message[at..end];
            return true;
        }

        if (at + before > end)
        {
            return false;
        }

        _message.Slice(at, before).CopyTo(into);
        var length = before;
        at += before;
        for (; names > 0; names--)
        {
            if (DnsName.Read(_message, ref at, into.Slice(length, DnsName.MaxLength)) is not (> 0 and var written))
            {
                return false;
            }

            length += written;
        }

        if (at + behind != end)
        {
            return false;
        }

        _message.Slice(at, behind).CopyTo(into[length..]);
        Data = into[..(length + behind)];
        return true;
    }
}
