namespace Insula.Pods.Streaming;

/// <summary>The log of one start of a container, in the CRI log format.</summary>
/// <param name="Attempt">Which start: the restart count it had.</param>
/// <param name="CurrentPath">The file being written; after a rotation a new file appears under the same name.</param>
/// <param name="Paths">All existing files, the oldest first, <paramref name="CurrentPath"/> last.</param>
/// <param name="Ended">Completes when the container has exited and its log is complete; completed already for an old start.</param>
public sealed record PodLogFiles(int Attempt, string CurrentPath, IReadOnlyList<string> Paths, Task Ended);
