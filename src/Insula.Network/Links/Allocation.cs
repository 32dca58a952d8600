using System.Net;

namespace Insula.Network.Links;

/// <summary>One sandbox's link and addresses.</summary>
internal sealed class Allocation(string sandboxId, uint slot, string link, IReadOnlyList<IPAddress> addresses)
{
    /// <summary>Held while the kernel is at work on this sandbox's link; taken before the network's own lock, never after it.</summary>
    public Lock Gate { get; } = new();

    public uint Slot { get; } = slot;

    public PodAddresses Addresses { get; } = new() { SandboxId = sandboxId, Addresses = addresses, HostInterface = link };

    /// <summary>Whether the link exists in the kernel.</summary>
    public bool Created { get; set; }

    /// <summary>Whether both ends are known to be finished.</summary>
    public bool Complete { get; set; }

    /// <summary>Whether the link is gone and the address given back: whoever holds this object must look again.</summary>
    public bool Gone { get; set; }
}
