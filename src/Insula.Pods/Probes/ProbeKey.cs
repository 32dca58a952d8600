using Insula.Pods.Lifecycle;

namespace Insula.Pods.Probes;

/// <summary>One probe of one start of a container.</summary>
internal readonly record struct ProbeKey(string PodUid, string Container, int Attempt, ProbeKind Kind);
