using System.Net;

namespace Insula.Network.Services;

/// <summary>Where a connection is led.</summary>
/// <param name="Address">The address, of the family of the frontend that leads there.</param>
/// <param name="Port">The port; 0 in no target.</param>
public readonly record struct Target(PackedAddress Address, ushort Port)
{
    /// <summary>Whether it leads nowhere.</summary>
    public bool IsNone => Port == 0;

    /// <summary>The address and port.</summary>
    public IPEndPoint EndPoint => new(Address.ToAddress(), Port);

    /// <summary>A target of an address and a port.</summary>
    public static Target Of(IPEndPoint end)
    {
        ArgumentNullException.ThrowIfNull(end);
        return new(PackedAddress.Of(end.Address), (ushort)end.Port);
    }

    /// <inheritdoc/>
    public override string ToString() => EndPoint.ToString();
}
