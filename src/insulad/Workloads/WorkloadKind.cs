using Insula.Store;
using Insula.Workloads;

namespace Insulad.Workloads;

/// <summary>How the controller of one kind is asked.</summary>
/// <param name="Resource">The kind's resource.</param>
/// <param name="ApiVersion">Its API version.</param>
/// <param name="Kind">Its name.</param>
/// <param name="Adopts">The resources of what it owns.</param>
/// <param name="Read">The object as a workload.</param>
/// <param name="Decide">Asks the controller.</param>
internal sealed record WorkloadKind(
    string Resource,
    string ApiVersion,
    string Kind,
    IReadOnlyList<string> Adopts,
    Func<StoredObject, Workload> Read,
    Func<WorkloadIndex, Workload, CreateFailure?, DateTimeOffset, WorkloadDecision> Decide);
