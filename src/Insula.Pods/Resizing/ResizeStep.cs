using Insula.Api.Core;

namespace Insula.Pods.Resizing;

/// <summary>One write of a change that is set aside: a resource of a container, or of the pod as a whole.</summary>
/// <param name="Container">The container; null for the pod.</param>
/// <param name="Attempt">Which start of it; 0 for the pod.</param>
/// <param name="Resource">memory or cpu.</param>
/// <param name="Limits">What is written, as far as it is about the resource.</param>
/// <param name="Shrinks">Whether its limit becomes less.</param>
public sealed record ResizeStep(string? Container, int Attempt, string Resource, GroupLimits Limits, bool Shrinks)
{
    /// <summary>What holds for the container once it is done; null for the pod.</summary>
    public ResourceRequirements? Amounts { get; init; }
}
