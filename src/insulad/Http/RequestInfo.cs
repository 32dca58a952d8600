namespace Insulad.Http;

/// <summary>
/// What a path of the Kubernetes API names: <c>/api/v1/…</c> and <c>/apis/GROUP/VERSION/…</c>, then
/// <c>[namespaces/NS/]RESOURCE[/NAME[/SUBRESOURCE]]</c>.
/// </summary>
internal sealed record RequestInfo(string Group, string Version, string? Namespace, string Resource, string? Name, string? Subresource)
{
    /// <summary>Null when the path is none of a resource.</summary>
    public static RequestInfo? Parse(string path)
    {
        var parts = path.Split('/', StringSplitOptions.None);
        if (parts.Length < 3 || parts[0].Length != 0)
        {
            return null;
        }

        var start = parts[1] switch { "api" => 2, "apis" => 3, _ => 0 };
        if (start == 0 || parts.Length <= start + 1 || parts.Skip(1).Any(p => p.Length == 0))
        {
            return null;
        }

        var group = start == 2 ? "" : parts[2];
        var version = parts[start];
        var rest = parts.AsSpan(start + 1);
        string? ns = null;

        // namespaces/NS/RESOURCE… is something in a namespace; namespaces/NS and its two subresources are the namespace itself.
        if (rest.Length >= 3 && rest[0] == "namespaces" && rest[2] is not ("status" or "finalize"))
        {
            ns = rest[1];
            rest = rest[2..];
        }

        return rest.Length <= 3
            ? new RequestInfo(group, version, ns, rest[0], rest.Length > 1 ? rest[1] : null, rest.Length > 2 ? rest[2] : null)
            : null;
    }
}
