namespace Insula.Pods.Lifecycle;

/// <summary>All containers of a pod are ended to begin anew in their sandbox (KEP-5532).</summary>
/// <param name="Container">The one whose exit asked for it.</param>
/// <param name="Attempt">Which start of it that was.</param>
public sealed record PodRestart(string Container, int Attempt);
