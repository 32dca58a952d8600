using System.Buffers.Binary;
using Insula.Dns.Messages;

namespace Insula.Dns.Serving;

/// <summary>
/// What makes questions the same one to another server: name, type, and what bears on the answer's form. A question that another server
/// sent back here is the same one, too, and waits for itself until its time is over: loops end where they began.
/// </summary>
internal static class ForwardKey
{
    /// <summary>The bytes behind the name.</summary>
    public const int Extra = 3;

    private const ushort CheckingDisabled = 0x0010;
    private const byte Edns = 1;
    private const byte Dnssec = 2;
    private const byte Checking = 4;
    private const byte Stream = 8;

    /// <summary>Writes the key.</summary>
    /// <returns>Its length.</returns>
    public static int Write(in DnsQuery query, ReadOnlySpan<byte> name, bool isStream, Span<byte> into)
    {
        name.CopyTo(into);
        BinaryPrimitives.WriteUInt16BigEndian(into[name.Length..], query.Type);
        into[name.Length + 2] = (byte)((query.HasEdns ? Edns : 0) | (query.WantsDnssec ? Dnssec : 0)
            | ((query.Flags & CheckingDisabled) != 0 ? Checking : 0) | (isStream ? Stream : 0));
        return name.Length + Extra;
    }

    /// <summary>Whether the answer comes over TCP.</summary>
    public static bool IsStream(ReadOnlySpan<byte> key) => (key[^1] & Stream) != 0;

    /// <summary>Writes the question that a key stands for.</summary>
    /// <param name="key">The key.</param>
    /// <param name="id">The number by which the answer is known.</param>
    /// <param name="into">Room for it.</param>
    /// <param name="questionLength">How long it is without what is behind the question.</param>
    /// <returns>Its length.</returns>
    public static int WriteQuestion(ReadOnlySpan<byte> key, ushort id, Span<byte> into, out int questionLength)
    {
        const ushort RecursionDesired = 0x0100;
        var bits = key[^1];
        into[..DnsQuery.HeaderLength].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(into, id);
        BinaryPrimitives.WriteUInt16BigEndian(into[2..], (ushort)(RecursionDesired | ((bits & Checking) != 0 ? CheckingDisabled : 0)));
        into[5] = 1;
        var at = DnsQuery.HeaderLength;
        key[..^1].CopyTo(into[at..]);
        at += key.Length - 1;
        into[at] = 0;
        into[at + 1] = 1;
        at += 2;
        questionLength = at;
        if ((bits & Edns) != 0)
        {
            into.Slice(at, 11).Clear();
            into[at + 2] = (byte)RecordTypes.OPT;
            BinaryPrimitives.WriteUInt16BigEndian(into[(at + 3)..], DnsLimits.DatagramSize);
            into[at + 7] = (byte)((bits & Dnssec) != 0 ? 0x80 : 0);
            into[11] = 1;
            at += 11;
        }

        return at;
    }
}
