using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary>Pods as arguments name them: POD or pod/POD.</summary>
internal static class PodName
{
    public static string Of(string word)
    {
        var slash = word.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0)
        {
            return word;
        }

        return word[..slash] is "pod" or "pods" or "po"
            ? word[(slash + 1)..]
            : throw new CommandException($"\"{word}\": only pods have this; write POD or pod/POD");
    }

    public static string Path(string ns, string name) =>
        $"/api/v1/namespaces/{Uri.EscapeDataString(ns)}/pods/{Uri.EscapeDataString(name)}";
}
