namespace Insula.Pods.Streaming;

/// <summary>Files to be read from a container or written into it, as <c>pods/NAME/copy</c> asks for it.</summary>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Pod">The pod's name.</param>
/// <param name="Container">The container.</param>
/// <param name="Path">What is read, or where it is written to, seen from the container's working directory.</param>
/// <param name="Name">Null for reading; the name that what is written gets in <paramref name="Path"/> if that is a directory, or empty.</param>
public sealed record PodCopyRequest(string Namespace, string Pod, string Container, string Path, string? Name);
