using System.Buffers.Binary;

namespace Insula.Dns.Tables;

/// <summary>Records as tables hold them, one behind the other: type, time to live, length, data.</summary>
/// <param name="records">The records.</param>
public ref struct RecordReader(ReadOnlySpan<byte> records)
{
    /// <summary>The bytes before the data.</summary>
    public const int HeaderLength = 8;

    private ReadOnlySpan<byte> _rest = records;

    /// <summary>The type of the current one.</summary>
    public ushort Type { get; private set; }

    /// <summary>Seconds it may be kept.</summary>
    public uint Ttl { get; private set; }

    /// <summary>Its data.</summary>
    public ReadOnlySpan<byte> Data { get; private set; }

    /// <summary>Whether all of it was read.</summary>
    public readonly bool AtEnd => _rest.IsEmpty;

    /// <summary>Goes to the next; false when there is none, or it is not whole.</summary>
    public bool Next()
    {
        if (_rest.Length < HeaderLength || BinaryPrimitives.ReadUInt16BigEndian(_rest[6..]) is var length && length > _rest.Length - HeaderLength)
        {
            return false;
        }

        Type = BinaryPrimitives.ReadUInt16BigEndian(_rest);
        Ttl = BinaryPrimitives.ReadUInt32BigEndian(_rest[2..]);
        Data = _rest.Slice(HeaderLength, length);
        _rest = _rest[(HeaderLength + length)..];
        return true;
    }

    /// <summary>Writes a record in this form.</summary>
    public static void Write(DnsRecord record, List<byte> into)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentNullException.ThrowIfNull(into);
        Span<byte> header = stackalloc byte[HeaderLength];
        BinaryPrimitives.WriteUInt16BigEndian(header, record.Type);
        BinaryPrimitives.WriteUInt32BigEndian(header[2..], record.Ttl);
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], (ushort)record.Data.Length);
        into.AddRange(header);
        into.AddRange(record.Data.Span);
    }
}
