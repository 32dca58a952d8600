using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Insula.Network.Services;

/// <summary>A range Services have their addresses from. The first and the last address of it are no Service's.</summary>
public sealed class ServiceRange
{
    // Kubernetes' rule (KEP-3070): the lower part is left to those who choose an address themselves.
    private const int LeastLower = 16;
    private const int MostLower = 256;

    /// <summary>Checks the range.</summary>
    /// <exception cref="NetworkException">It is no IPv4 range from /12 to /28 and no IPv6 range from /108 to /124.</exception>
    public ServiceRange(IPNetwork network)
    {
        Check(network, network.BaseAddress.AddressFamily);
        Network = network;
        Size = 1 << ((IsV6 ? 128 : 32) - network.PrefixLength);
    }

    /// <summary>The range.</summary>
    public IPNetwork Network { get; }

    /// <summary>Whether its addresses are IPv6.</summary>
    public bool IsV6 => Network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>How many addresses it has, the first and the last included.</summary>
    public int Size { get; }

    /// <summary>From which offset addresses are chosen first when nobody names one.</summary>
    public int Upper => Math.Max(Math.Min(Math.Max(LeastLower, Size / 16), MostLower), 1) is var lower && lower < Size / 2 ? lower : 1;

    /// <summary>Refuses ranges that no Services can have.</summary>
    /// <exception cref="NetworkException">What is allowed.</exception>
    public static void Check(IPNetwork network, AddressFamily family)
    {
        var fits = network.BaseAddress.AddressFamily == family;
        if (family == AddressFamily.InterNetwork && !(fits && network.PrefixLength is >= 12 and <= 28))
        {
            throw new NetworkException($"the service range {network} cannot be used: give an IPv4 network from /12 to /28, such as 10.43.0.0/16");
        }

        if (family == AddressFamily.InterNetworkV6 && !(fits && network.PrefixLength is >= 108 and <= 124))
        {
            throw new NetworkException($"the IPv6 service range {network} cannot be used: give an IPv6 network from /108 to /124, such as fd43::/112");
        }
    }

    /// <summary>Whether a Service may have this address.</summary>
    public bool Contains(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.AddressFamily == Network.BaseAddress.AddressFamily && Network.Contains(address)
            && (Number(address) - Number(Network.BaseAddress)) is var offset && offset > 0 && offset < Size - 1;
    }

    /// <summary>The address at an offset.</summary>
    public IPAddress At(int offset)
    {
        var bytes = Network.BaseAddress.GetAddressBytes();
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(bytes.Length - 4), (uint)(Number(Network.BaseAddress) + offset));
        return new IPAddress(bytes);
    }

    /// <inheritdoc/>
    public override string ToString() => Network.ToString();

    // The last four bytes tell the addresses of a range apart.
    private static long Number(IPAddress address) => address.GetAddressBytes() is var bytes ? BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(bytes.Length - 4)) : 0;
}
