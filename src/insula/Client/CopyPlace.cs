namespace Insula.Cli.Client;

/// <summary>One end of a copy: <c>PATH</c> on this machine, or <c>POD:PATH</c>.</summary>
/// <param name="Namespace">The pod's namespace, when it is named.</param>
/// <param name="Pod">The pod, or KIND/NAME; null for this machine.</param>
/// <param name="Path">The path.</param>
internal sealed record CopyPlace(string? Namespace, string? Pod, string Path)
{
    private static readonly string[] s_kinds =
        ["pod", "pods", "po", "deployment", "deployments", "deploy", "replicaset", "replicasets", "rs", "statefulset", "statefulsets", "sts", "daemonset", "daemonsets", "ds",
            "job", "jobs", "replicationcontroller", "replicationcontrollers", "rc", "service", "services", "svc"];

    /// <summary>Reads <c>PATH</c>, <c>POD:PATH</c>, <c>KIND/NAME:PATH</c> or <c>NAMESPACE/POD:PATH</c>. What begins with <c>/</c> or <c>.</c> is of this machine.</summary>
    /// <exception cref="CommandException">There is no path, or no pod.</exception>
    public static CopyPlace Parse(string word)
    {
        var colon = word.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || word[0] is '/' or '.')
        {
            return word.Length > 0 ? new CopyPlace(null, null, word) : throw new CommandException("an empty path");
        }

        var (pod, path) = (word[..colon], word[(colon + 1)..]);
        if (pod.Length == 0 || path.Length == 0)
        {
            throw new CommandException($"\"{word}\": a file in a container is written POD:PATH; one of this machine with a colon ./NAME");
        }

        return pod.Split('/') switch
        {
            [_] => new CopyPlace(null, pod, path),
            [{ Length: > 0 } kind, { Length: > 0 }] when s_kinds.Contains(kind) => new CopyPlace(null, pod, path),
            [{ Length: > 0 } ns, { Length: > 0 } name] => new CopyPlace(ns, name, path),
            _ => throw new CommandException($"\"{word}\": the pod is written POD, NAMESPACE/POD or KIND/NAME"),
        };
    }

    /// <summary>The name that a copy of this gets in a directory; empty where it has none of its own (<c>.</c>, <c>/</c>).</summary>
    public string Name => Path.TrimEnd('/').Split('/')[^1] is var last && last is "." or ".." ? "" : last;
}
