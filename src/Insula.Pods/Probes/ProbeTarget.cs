using Insula.Linux;

namespace Insula.Pods.Probes;

/// <summary>Where a network probe goes.</summary>
/// <param name="Namespace">The network namespace its socket is made in; null for the host's.</param>
/// <param name="Host">An address or name; normally the pod's address.</param>
/// <param name="Port">The port.</param>
internal sealed record ProbeTarget(Descriptor? Namespace, string Host, int Port);
