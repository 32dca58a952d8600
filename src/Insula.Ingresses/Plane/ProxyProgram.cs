namespace Insula.Ingresses.Plane;

/// <summary>HAProxy as it is installed on the machine.</summary>
/// <param name="Files">Its files: where each is on the machine, and where the pod sees it.</param>
/// <param name="Libraries">The directory of the pod in which its libraries are.</param>
/// <param name="Digest">Of the files' contents.</param>
public sealed record ProxyProgram(IReadOnlyList<(string Source, string Target)> Files, string Libraries, string Digest)
{
    /// <summary>Where the pod sees the program itself.</summary>
    public const string Program = "/haproxy";
}
