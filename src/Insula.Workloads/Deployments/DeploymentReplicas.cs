using Insula.Api.Workloads;

namespace Insula.Workloads.Deployments;

/// <summary>A ReplicaSet in the namespace of a Deployment.</summary>
/// <param name="Set">The ReplicaSet.</param>
/// <param name="HasPods">Whether pods of it have not ended yet, be they asked to or not.</param>
public sealed record DeploymentReplicas(ReplicaSet Set, bool HasPods);
