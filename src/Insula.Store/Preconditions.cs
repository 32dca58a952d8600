namespace Insula.Store;

/// <summary>What must hold for a deletion to be done, as Kubernetes' <c>DeleteOptions.preconditions</c>.</summary>
/// <param name="Uid">The object must be the one with this uid.</param>
/// <param name="ResourceVersion">The object must be at this version.</param>
public sealed record Preconditions(string? Uid = null, long? ResourceVersion = null)
{
    /// <summary>No condition.</summary>
    public static Preconditions None { get; } = new();
}
