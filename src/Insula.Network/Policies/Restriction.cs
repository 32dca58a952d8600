namespace Insula.Network.Policies;

/// <summary>What restricts pods in one direction. Pods for which it is the same share a chain.</summary>
/// <param name="Direction">The direction.</param>
/// <param name="Policies">The numbers of the policies about it; none means that the pod is insulated by default.</param>
/// <param name="Namespace">Then: its namespace.</param>
internal sealed record Restriction(PolicyDirection Direction, string Policies, string? Namespace)
{
    /// <summary>By policies.</summary>
    public static Restriction By(PolicyDirection direction, IReadOnlyList<Policy> policies) =>
        new(direction, string.Join(',', policies.Select(p => p.Number)), null);
}
