using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Insula.Dns.Messages;

namespace Insula.Dns.Tables;

/// <summary>A resource record. Two are equal when their bytes are.</summary>
/// <param name="Type">The type.</param>
/// <param name="Ttl">Seconds it may be kept.</param>
/// <param name="Data">The data, names in it written out.</param>
public sealed record DnsRecord(ushort Type, uint Ttl, ReadOnlyMemory<byte> Data)
{
    /// <summary>An address.</summary>
    public static DnsRecord Address(IPAddress address, uint ttl)
    {
        ArgumentNullException.ThrowIfNull(address);
        return new(address.AddressFamily == AddressFamily.InterNetwork ? RecordTypes.A : RecordTypes.AAAA, ttl, address.GetAddressBytes());
    }

    /// <summary>Another name for this one.</summary>
    public static DnsRecord Alias(byte[] name, uint ttl) => new(RecordTypes.CNAME, ttl, name);

    /// <summary>The name of an address.</summary>
    public static DnsRecord Pointer(byte[] name, uint ttl) => new(RecordTypes.PTR, ttl, name);

    /// <summary>Who knows the names below this one.</summary>
    public static DnsRecord NameServer(byte[] name, uint ttl) => new(RecordTypes.NS, ttl, name);

    /// <summary>Text, of at most 255 bytes.</summary>
    public static DnsRecord Text(string text, uint ttl)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length < 256 ? new(RecordTypes.TXT, ttl, (byte[])[(byte)bytes.Length, .. bytes]) : throw new ArgumentException("Text has at most 255 bytes.", nameof(text));
    }

    /// <summary>Where a service is (RFC 2782).</summary>
    public static DnsRecord Service(ushort priority, ushort weight, ushort port, byte[] target, uint ttl)
    {
        ArgumentNullException.ThrowIfNull(target);
        var data = new byte[6 + target.Length];
        BinaryPrimitives.WriteUInt16BigEndian(data, priority);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(2), weight);
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(4), port);
        target.CopyTo(data, 6);
        return new(RecordTypes.SRV, ttl, data);
    }

    /// <summary>What a zone is; its time to live also bounds how long a name may be remembered as not being there.</summary>
    public static DnsRecord Authority(byte[] server, byte[] mailbox, uint serial, uint ttl)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(mailbox);
        var numbers = new byte[20];
        foreach (var (number, i) in ((uint[])[serial, 7200, 1800, 86400, ttl]).Select((n, i) => (n, i)))
        {
            BinaryPrimitives.WriteUInt32BigEndian(numbers.AsSpan(4 * i), number);
        }

        return new(RecordTypes.SOA, ttl, (byte[])[.. server, .. mailbox, .. numbers]);
    }

    /// <inheritdoc/>
    public bool Equals(DnsRecord? other) => other is not null && (Type, Ttl) == (other.Type, other.Ttl) && Data.Span.SequenceEqual(other.Data.Span);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(Type);
        hash.Add(Ttl);
        hash.AddBytes(Data.Span);
        return hash.ToHashCode();
    }
}
