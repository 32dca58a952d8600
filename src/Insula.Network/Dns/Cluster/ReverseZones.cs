using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Insula.Dns.Messages;

namespace Insula.Network.Dns.Cluster;

/// <summary>
/// The zones in which the addresses of a range have their names. All names in them are known here: what has none is no name elsewhere
/// either, and private addresses are not asked about outside. Pure.
/// </summary>
internal static class ReverseZones
{
    /// <summary>The zones of a range: those of the next shorter whole labels, as many as it takes.</summary>
    public static IEnumerable<byte[]> Of(IPNetwork range)
    {
        var isV4 = range.BaseAddress.AddressFamily == AddressFamily.InterNetwork;
        var bits = isV4 ? 8 : 4;
        var labels = (range.PrefixLength + bits - 1) / bits;
        var all = isV4 ? 4 : 32;
        for (var i = 0; i < 1 << ((labels * bits) - range.PrefixLength); i++)
        {
            var name = DnsName.Reverse(At(range.BaseAddress, i, labels * bits));

            // The labels of what is not in the range's prefix are left out.
            for (var cut = labels; cut < all; cut++)
            {
                name = name[(1 + name[0])..];
            }

            yield return name;
        }
    }

    private static IPAddress At(IPAddress first, int number, int prefix)
    {
        var bytes = first.GetAddressBytes();
        var value = bytes.Length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt128BigEndian(bytes);
        value += (UInt128)(uint)number << ((bytes.Length * 8) - prefix);
        if (bytes.Length == 4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)value);
        }
        else
        {
            BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        }

        return new IPAddress(bytes);
    }
}
