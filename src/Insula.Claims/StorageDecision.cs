namespace Insula.Claims;

/// <summary>What the rules make of what there is.</summary>
/// <param name="Changes">What is to be done, in this order, up to the first that is not as it was seen; then they are asked again.</param>
/// <param name="Notes">What there is to say.</param>
/// <param name="LookAgain">When to ask again though nothing has changed; null for never.</param>
public sealed record StorageDecision(IReadOnlyList<StorageChange> Changes, IReadOnlyList<StorageNote> Notes, DateTimeOffset? LookAgain);
