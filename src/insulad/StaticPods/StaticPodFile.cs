namespace Insulad.StaticPods;

/// <summary>A file of the directory.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Pods">The pods it asks for; null when it cannot be taken.</param>
/// <param name="Problem">Why not; null while somebody is writing it.</param>
internal sealed record StaticPodFile(string Name, IReadOnlyList<StaticPod>? Pods, string? Problem = null);
