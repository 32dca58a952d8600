namespace Insula.Network.Policies;

/// <summary>What policies make of one pod: the sets its addresses are in, and what restricts it.</summary>
/// <param name="Elements">What it adds to sets.</param>
/// <param name="In">What restricts connections to it; null when nothing does.</param>
/// <param name="Out">What restricts connections from it; null when nothing does.</param>
internal sealed record PolicyImage(IReadOnlySet<(string Set, PolicyElement Element)> Elements, Restriction? In, Restriction? Out)
{
    /// <summary>Of a pod that nothing is about, and that nobody names.</summary>
    public static PolicyImage Nothing { get; } = new(new HashSet<(string, PolicyElement)>(), null, null);

    /// <summary>What restricts a direction.</summary>
    public Restriction? Of(PolicyDirection direction) => direction == PolicyDirection.In ? In : Out;
}
