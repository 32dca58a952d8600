namespace Insula.Pods.Streaming;

/// <summary>The log of one start of a container, in the CRI log format.</summary>
/// <param name="Attempt">Which start: the restart count it had.</param>
/// <param name="Directory">The pod's directory. Nothing below it that is a link is ours.</param>
/// <param name="Path">The file being written, in <paramref name="Directory"/>; after a rotation a new file appears under the same name.</param>
/// <param name="Ended">Completes when the container has exited and its log is complete; completed already for an old start.</param>
public sealed record PodLogFiles(int Attempt, string Directory, string Path, Task Ended);
