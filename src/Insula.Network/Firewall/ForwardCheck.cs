namespace Insula.Network.Firewall;

/// <summary>What became of the packets that were sent from one throw-away pod to another through the host's forward hook.</summary>
public sealed record ForwardCheck
{
    /// <summary>The protocols whose packets did not arrive: of <c>icmp</c>, <c>udp</c>, <c>tcp</c>.</summary>
    public required IReadOnlyList<string> Lost { get; init; }

    /// <summary>The foreign chains that may have dropped them, the most likely first.</summary>
    public IReadOnlyList<ForeignDrop> Suspects { get; init; } = [];

    /// <summary>Whether every packet arrived.</summary>
    public bool Passes => Lost.Count == 0;

    /// <summary>One or more sentences for people: what is lost, who drops it, and the command that allows it.</summary>
    public required string Message { get; init; }
}
