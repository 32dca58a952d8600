using Insula.Api.Core;

namespace Insula.Pods.Events;

/// <summary>One thing to tell the user about a pod.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Container">The container it is about; null for the pod as a whole.</param>
/// <param name="List">The field of the specification that has it; null for the pod as a whole.</param>
/// <param name="Type"><c>Normal</c> or <c>Warning</c>.</param>
/// <param name="Reason">A Kubernetes event reason.</param>
/// <param name="Message">What happened.</param>
internal sealed record PodEvent(Pod Pod, string? Container, string? List, string Type, string Reason, string Message);
