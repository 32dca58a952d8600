using System.Buffers.Binary;

namespace Insula.Dns.Messages;

/// <summary>A question as it came in, read strictly: what no resolver sends is refused.</summary>
public readonly ref struct DnsQuery
{
    /// <summary>The bytes of a message's header.</summary>
    public const int HeaderLength = 12;

    /// <summary>The longest question that is read. With a name of 255 bytes and a cookie there is room left.</summary>
    public const int MaxMessage = 512;

    /// <summary>What a client can take that says nothing of it (RFC 1035).</summary>
    public const int PlainSize = 512;

    private const ushort ClassIN = 1;
    private const ushort QueryFlag = 0x8000;
    private const ushort OpcodeMask = 0x7800;

    private DnsQuery(ReadOnlySpan<byte> message, ReadOnlySpan<byte> name, ushort type, Edns edns)
    {
        Message = message;
        Name = name;
        Type = type;
        HasEdns = edns.Present;
        PayloadSize = edns.Size;
        WantsDnssec = edns.Dnssec;
    }

    /// <summary>The header and the question, without what stood behind them.</summary>
    public ReadOnlySpan<byte> Message { get; }

    /// <summary>The number by which the client knows the answer.</summary>
    public ushort Id => BinaryPrimitives.ReadUInt16BigEndian(Message);

    /// <summary>The header's flags.</summary>
    public ushort Flags => BinaryPrimitives.ReadUInt16BigEndian(Message[2..]);

    /// <summary>The name, as the client wrote it.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The type.</summary>
    public ushort Type { get; }

    /// <summary>Whether the client speaks EDNS (RFC 6891).</summary>
    public bool HasEdns { get; }

    /// <summary>The longest answer it takes in one datagram.</summary>
    public int PayloadSize { get; }

    /// <summary>Whether it wants signatures, too.</summary>
    public bool WantsDnssec { get; }

    /// <summary>Reads a question.</summary>
    /// <param name="message">The message.</param>
    /// <param name="query">The question, when there is nothing against it.</param>
    /// <returns>What there is against it; null when it deserves no answer at all.</returns>
    public static ResponseCode? Read(ReadOnlySpan<byte> message, out DnsQuery query)
    {
        query = default;

        // Answers to answers would go to and fro for ever.
        if (message.Length < HeaderLength || (BinaryPrimitives.ReadUInt16BigEndian(message[2..]) & QueryFlag) != 0)
        {
            return null;
        }

        if ((BinaryPrimitives.ReadUInt16BigEndian(message[2..]) & OpcodeMask) != 0)
        {
            return ResponseCode.NotImp;
        }

        var additional = BinaryPrimitives.ReadUInt16BigEndian(message[10..]);
        var at = HeaderLength;
        if (message.Length > MaxMessage || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) != 1
            || BinaryPrimitives.ReadUInt32BigEndian(message[6..]) != 0 || additional > 1
            || !DnsName.TrySkip(message, ref at, pointers: false) || at + 4 > message.Length)
        {
            return ResponseCode.FormErr;
        }

        var name = message[HeaderLength..at];
        var type = BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
        var kind = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 2)..]);
        at += 4;
        var edns = new Edns(false, PlainSize, false, 0);
        if (additional == 1 ? !Edns.TryRead(message[at..], out edns) : at != message.Length)
        {
            return ResponseCode.FormErr;
        }

        query = new DnsQuery(message[..at], name, type, edns);
        return edns.Version > 0 ? ResponseCode.BadVers
            : kind != ClassIN || type is RecordTypes.AXFR or RecordTypes.IXFR or RecordTypes.OPT ? ResponseCode.Refused
            : ResponseCode.NoError;
    }

    private readonly record struct Edns(bool Present, int Size, bool Dnssec, byte Version)
    {
        private const int FixedLength = 11;

        /// <summary>The one record, to the end of the message.</summary>
        public static bool TryRead(ReadOnlySpan<byte> record, out Edns edns)
        {
            edns = default;
            if (record.Length < FixedLength || record[0] != 0 || BinaryPrimitives.ReadUInt16BigEndian(record[1..]) != RecordTypes.OPT
                || BinaryPrimitives.ReadUInt16BigEndian(record[9..]) != record.Length - FixedLength)
            {
                return false;
            }

            var options = record[FixedLength..];
            while (!options.IsEmpty)
            {
                if (options.Length < 4 || BinaryPrimitives.ReadUInt16BigEndian(options[2..]) > options.Length - 4)
                {
                    return false;
                }

                options = options[(4 + BinaryPrimitives.ReadUInt16BigEndian(options[2..]))..];
            }

            edns = new Edns(
                true, Math.Max((int)BinaryPrimitives.ReadUInt16BigEndian(record[3..]), PlainSize), (record[7] & 0x80) != 0, record[6]);
            return true;
        }
    }
}
