using System.Diagnostics.CodeAnalysis;

namespace Insula.Images;

/// <summary>
/// A normalised image name: <c>busybox</c> → <c>docker.io/library/busybox:latest</c>. With a digest the tag is
/// dropped, as the digest alone decides. Grammar: the OCI distribution specification's and Docker's reference format.
/// </summary>
public sealed record ImageReference
{
    private ImageReference(string domain, string path, string? tag, string? digest)
    {
        Domain = domain;
        Path = path;
        Tag = tag;
        Digest = digest;
    }

    /// <summary>Registry host, with its port when given.</summary>
    public string Domain { get; }

    /// <summary>Repository path inside the registry.</summary>
    public string Path { get; }

    /// <summary>Tag; null when a digest is given.</summary>
    public string? Tag { get; }

    /// <summary>Manifest digest <c>sha256:…</c>; null when a tag decides.</summary>
    public string? Digest { get; }

    /// <summary>Repository: domain and path.</summary>
    public string Repository => $"{Domain}/{Path}";

    /// <summary>Parses and normalises.</summary>
    /// <exception cref="ImageException"><see cref="ImageError.InvalidReference"/>, saying which part is wrong.</exception>
    public static ImageReference Parse(string text) =>
        TryParse(text, out var reference, out var problem)
            ? reference
            : throw new ImageException(ImageError.InvalidReference, problem);

    /// <summary>Parses and normalises; <paramref name="problem"/> says which part is wrong.</summary>
    public static bool TryParse(
        string text,
        [NotNullWhen(true)] out ImageReference? reference,
        [NotNullWhen(false)] out string? problem)
    {
        throw new NotImplementedException();
    }

    /// <inheritdoc/>
    public override string ToString() => Digest is null ? $"{Repository}:{Tag}" : $"{Repository}@{Digest}";
}
