using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Insula.Images;

/// <summary>
/// A normalised image name: <c>busybox</c> → <c>docker.io/library/busybox:latest</c>. With a digest the tag is
/// dropped, as the digest alone decides. Grammar: the OCI distribution specification's and Docker's reference format.
/// </summary>
public sealed partial record ImageReference
{
    private const string DefaultDomain = "docker.io";

    // Docker's limit for the repository; with a tag of 128 and a digest of 71 nothing valid is longer than this.
    private const int LongestRepository = 255;
    private const int Longest = 512;

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
        ArgumentNullException.ThrowIfNull(text);
        reference = null;
        problem = null;
        if (text.Length == 0)
        {
            problem = "the image name is empty: write one such as busybox or registry.example/team/app:1.0";
            return false;
        }

        if (text.Length > Longest)
        {
            problem = $"the image name has {text.Length} characters, at most {Longest} are allowed";
            return false;
        }

        var rest = text;
        string? digest = null;
        var at = rest.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
        {
            digest = rest[(at + 1)..];
            rest = rest[..at];
            if (!Formats.Digests.IsValid(digest))
            {
                problem = $"image name {Printable.Quote(text)}: the digest must be sha256: and 64 lower-case hexadecimal digits";
                return false;
            }
        }

        string? tag = null;
        var colon = rest.LastIndexOf(':');
        if (colon > rest.LastIndexOf('/'))
        {
            tag = rest[(colon + 1)..];
            rest = rest[..colon];
            if (!TagPattern().IsMatch(tag))
            {
                problem = $"image name {Printable.Quote(text)}: the tag must be 1 to 128 letters, digits, '_', '.' or '-', not starting with '.' or '-'";
                return false;
            }
        }

        var (domain, path) = Split(rest);
        if (!DomainPattern().IsMatch(domain))
        {
            problem = $"image name {Printable.Quote(text)}: {Printable.Quote(domain)} is no registry host";
            return false;
        }

        if (!PathPattern().IsMatch(path))
        {
            problem = $"image name {Printable.Quote(text)}: the repository must be lower-case letters and digits, separated by '.', '_', '-' or '/'";
            return false;
        }

        if (digest is null && tag is null && BareDigestPattern().IsMatch(rest))
        {
            problem = $"image name {Printable.Quote(text)}: 64 hexadecimal digits are an id: write sha256:{rest}";
            return false;
        }

        if (domain.Length + 1 + path.Length > LongestRepository)
        {
            problem = $"image name {Printable.Quote(text)}: the repository has more than {LongestRepository} characters";
            return false;
        }

        reference = new ImageReference(domain, path, digest is null ? tag ?? "latest" : null, digest);
        return true;
    }

    /// <summary>Whether a text is an image's id, <c>sha256:…</c>, which no registry knows it by.</summary>
    public static bool IsId(string text) => Formats.Digests.IsValid(text);

    /// <inheritdoc/>
    public override string ToString() => Digest is null ? $"{Repository}:{Tag}" : $"{Repository}@{Digest}";

    // The first part is a host only when it cannot be a repository name: Docker's rule, which everything follows.
    private static (string Domain, string Path) Split(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? "" : name[..slash];
        var isHost = first == "localhost" || first.AsSpan().ContainsAny('.', ':') || first.Any(char.IsAsciiLetterUpper);
        var (domain, path) = isHost ? (first, name[(slash + 1)..]) : (DefaultDomain, name);
        if (domain == "index.docker.io")
        {
            domain = DefaultDomain;
        }

        if (domain == DefaultDomain && !path.Contains('/', StringComparison.Ordinal))
        {
            path = "library/" + path;
        }

        return (domain, path);
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z")]
    private static partial Regex TagPattern();

    [GeneratedRegex(@"\A(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?\z")]
    private static partial Regex DomainPattern();

    [GeneratedRegex(@"\A[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex PathPattern();

    [GeneratedRegex(@"\A[a-f0-9]{64}\z")]
    private static partial Regex BareDigestPattern();
}
