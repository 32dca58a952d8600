using System.Text.Json.Nodes;

namespace Insula.Workloads;

/// <summary>What a controller makes of what it sees.</summary>
/// <param name="Changes">What is to be done, in this order; once it is done, the controller is asked again.</param>
/// <param name="Status">The status to publish once they are done; null for none, since the controller is asked again.</param>
/// <param name="LookAgain">When to ask again though nothing has changed; null for never.</param>
public sealed record WorkloadDecision(IReadOnlyList<WorkloadChange> Changes, JsonObject? Status, DateTimeOffset? LookAgain = null);
