using Insula.Api.Core;

namespace Insula.Pods.Lifecycle;

/// <summary>What to do now, what to report, and when to look again.</summary>
/// <param name="Actions">The actions to begin, in order; each is recorded with <see cref="PodReducer.Begin"/>.</param>
/// <param name="Status">The status to show; equal to the pod's when nothing changed.</param>
/// <param name="WakeAt">When time alone changes the decision; null when only a fact can.</param>
public sealed record PodDecision(IReadOnlyList<PodAction> Actions, PodStatus Status, DateTimeOffset? WakeAt);
