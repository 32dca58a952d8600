using System.Buffers.Binary;

namespace Insula.Dns.Messages;

/// <summary>Writes a message into room that is given. What does not fit is left out whole, and said.</summary>
public ref struct MessageWriter
{
    /// <summary>The answer is whole in nothing but a longer message.</summary>
    public const ushort TruncatedFlag = 0x0200;

    private const ushort ResponseFlag = 0x8000;
    private const ushort AuthoritativeFlag = 0x0400;
    private const ushort RecursionDesiredFlag = 0x0100;
    private const ushort RecursionAvailableFlag = 0x0080;
    private const ushort CheckingDisabledFlag = 0x0010;
    private const int OptLength = 11;

    // Where the name of the question is, and so what the records about it are named by.
    private const ushort QuestionPointer = 0xc000 | DnsQuery.HeaderLength;

    private readonly Span<byte> _buffer;
    private readonly int _limit;
    private readonly bool _edns;
    private int _at;

    /// <summary>Begins the answer to a question.</summary>
    /// <param name="query">The question.</param>
    /// <param name="buffer">Room, of at least <see cref="DnsQuery.MaxMessage"/> bytes.</param>
    /// <param name="limit">How long the message may be.</param>
    public MessageWriter(in DnsQuery query, Span<byte> buffer, int limit)
    {
        _buffer = buffer;
        _edns = query.HasEdns;
        _limit = Math.Min(limit, buffer.Length) - (_edns ? OptLength : 0);
        query.Message.CopyTo(buffer);
        _at = query.Message.Length;
        buffer.Slice(4, 8).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(buffer[4..], 1);
        SetFlags((ushort)(ResponseFlag | RecursionAvailableFlag | (query.Flags & (RecursionDesiredFlag | CheckingDisabledFlag))));
    }

    private readonly ushort Flags => BinaryPrimitives.ReadUInt16BigEndian(_buffer[2..]);

    /// <summary>An answer of a header only, to a message that could not be read as a question.</summary>
    /// <returns>Its length.</returns>
    public static int Refuse(ReadOnlySpan<byte> message, ResponseCode code, Span<byte> buffer)
    {
        buffer[..DnsQuery.HeaderLength].Clear();
        message[..2].CopyTo(buffer);
        var asked = BinaryPrimitives.ReadUInt16BigEndian(message[2..]);
        BinaryPrimitives.WriteUInt16BigEndian(buffer[2..], (ushort)(ResponseFlag | (asked & (0x7800 | RecursionDesiredFlag)) | (int)code));
        return DnsQuery.HeaderLength;
    }

    /// <summary>Says that the answer is from who knows.</summary>
    public void SetAuthoritative() => SetFlags((ushort)(Flags | AuthoritativeFlag));

    /// <summary>Says that something is missing.</summary>
    public void SetTruncated() => SetFlags((ushort)(Flags | TruncatedFlag));

    /// <summary>Adds a record to a section, or says that there was no room for it.</summary>
    /// <param name="section">The section; each must not come before an earlier one.</param>
    /// <param name="name">The name; empty for that of the question.</param>
    /// <param name="type">The type.</param>
    /// <param name="ttl">Seconds it may be kept.</param>
    /// <param name="data">The data.</param>
    public bool TryAdd(MessageSection section, scoped ReadOnlySpan<byte> name, ushort type, uint ttl, scoped ReadOnlySpan<byte> data)
    {
        var length = (name.IsEmpty ? 2 : name.Length) + 10 + data.Length;
        if (_at + length > _limit)
        {
            return false;
        }

        var into = _buffer[_at..];
        if (name.IsEmpty)
        {
            BinaryPrimitives.WriteUInt16BigEndian(into, QuestionPointer);
            into = into[2..];
        }
        else
        {
            name.CopyTo(into);
            into = into[name.Length..];
        }

        BinaryPrimitives.WriteUInt16BigEndian(into, type);
        BinaryPrimitives.WriteUInt16BigEndian(into[2..], 1);
        BinaryPrimitives.WriteUInt32BigEndian(into[4..], ttl);
        BinaryPrimitives.WriteUInt16BigEndian(into[8..], (ushort)data.Length);
        data.CopyTo(into[10..]);
        _at += length;
        var count = _buffer[(int)section..];
        BinaryPrimitives.WriteUInt16BigEndian(count, (ushort)(BinaryPrimitives.ReadUInt16BigEndian(count) + 1));
        return true;
    }

    /// <summary>Ends the message.</summary>
    /// <returns>Its length.</returns>
    public int Finish(ResponseCode code)
    {
        SetFlags((ushort)((Flags & ~0xf) | ((int)code & 0xf)));
        if (_edns)
        {
            var into = _buffer.Slice(_at, OptLength);
            into.Clear();
            BinaryPrimitives.WriteUInt16BigEndian(into[1..], RecordTypes.OPT);
            BinaryPrimitives.WriteUInt16BigEndian(into[3..], DnsLimits.DatagramSize);
            into[5] = (byte)((int)code >> 4);
            _at += OptLength;
            var count = _buffer[(int)MessageSection.Additional..];
            BinaryPrimitives.WriteUInt16BigEndian(count, (ushort)(BinaryPrimitives.ReadUInt16BigEndian(count) + 1));
        }

        return _at;
    }

    private readonly void SetFlags(ushort flags) => BinaryPrimitives.WriteUInt16BigEndian(_buffer[2..], flags);
}
