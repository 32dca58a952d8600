namespace Insula.Linux.Sockets;

/// <summary>A received packet. Whoever receives it owns its descriptors.</summary>
/// <param name="Data">The bytes.</param>
/// <param name="Descriptors">Those sent along, in order, close-on-exec.</param>
public sealed record Packet(byte[] Data, IReadOnlyList<Descriptor> Descriptors) : IDisposable
{
    /// <summary>Closes the descriptors.</summary>
    public void Dispose()
    {
        foreach (var descriptor in Descriptors)
        {
            descriptor.Dispose();
        }
    }
}
