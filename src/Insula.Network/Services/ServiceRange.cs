using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Insula.Network.Services;

/// <summary>The range Services have their addresses from. The first and the last address of it are no Service's.</summary>
public sealed class ServiceRange
{
    // Kubernetes' rule (KEP-3070): the lower part is left to those who choose an address themselves.
    private const int LeastLower = 16;
    private const int MostLower = 256;

    /// <summary>Checks the range.</summary>
    /// <exception cref="NetworkException">It is no IPv4 range from /12 to /28.</exception>
    public ServiceRange(IPNetwork network)
    {
        if (network.BaseAddress.AddressFamily != AddressFamily.InterNetwork || network.PrefixLength is < 12 or > 28)
        {
            throw new NetworkException($"the service range {network} cannot be used: give an IPv4 network from /12 to /28, such as 10.43.0.0/16");
        }

        Network = network;
        Size = 1 << (32 - network.PrefixLength);
    }

    /// <summary>The range.</summary>
    public IPNetwork Network { get; }

    /// <summary>How many addresses it has, the first and the last included.</summary>
    public int Size { get; }

    /// <summary>From which offset addresses are chosen first when nobody names one.</summary>
    public int Upper => Math.Max(Math.Min(Math.Max(LeastLower, Size / 16), MostLower), 1) is var lower && lower < Size / 2 ? lower : 1;

    /// <summary>Whether a Service may have this address.</summary>
    public bool Contains(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.AddressFamily == AddressFamily.InterNetwork && Network.Contains(address)
            && (Number(address) - Number(Network.BaseAddress)) is var offset && offset > 0 && offset < Size - 1;
    }

    /// <summary>The address at an offset.</summary>
    public IPAddress At(int offset)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)(Number(Network.BaseAddress) + offset));
        return new IPAddress(bytes);
    }

    /// <inheritdoc/>
    public override string ToString() => Network.ToString();

    private static long Number(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());
}
