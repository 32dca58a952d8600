using System.CommandLine;

namespace Insula.Cli.Commands;

/// <summary>Options that several commands share.</summary>
internal static class Common
{
    public static readonly Option<string> Socket = new("--socket")
    {
        Description = "the daemon's socket (default: $INSULA_SOCKET, else /run/insula/insula.sock)",
        Recursive = true,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("INSULA_SOCKET") is { Length: > 0 } socket
            ? socket
            : "/run/insula/insula.sock",
        HelpName = "PATH",
    };

    public static readonly Option<string> Namespace = new("--namespace", "-n")
    {
        Description = "the namespace of the objects",
        Recursive = true,
        DefaultValueFactory = _ => "default",
        HelpName = "NAME",
    };

    public static Option<string?> Output(string formats) => new("--output", "-o")
    {
        Description = $"output format: {formats}",
        HelpName = "FORMAT",
    };

    public static Option<string[]> Files() => new("--filename", "-f")
    {
        Description = "manifests: a file, a directory, an http(s) URL, or - for standard input",
        AllowMultipleArgumentsPerToken = false,
        HelpName = "FILE",
    };

    public static Option<bool> Recursive() => new("--recursive", "-R")
    {
        Description = "read the directories below a directory too",
    };

    public static Option<string?> Selector() => new("--selector", "-l")
    {
        Description = "only objects with these labels: a=b, a!=b, a in (b,c), a, !a",
        HelpName = "LABELS",
    };

    public static Option<bool> AllNamespaces() => new("--all-namespaces", "-A")
    {
        Description = "objects of all namespaces",
    };

    public static Option<string?> Container(string description) => new("--container", "-c")
    {
        Description = description,
        HelpName = "NAME",
    };

    public static Client.ApiClient Client(this ParseResult parsed) => new(parsed.GetValue(Socket)!);

    public static string NamespaceName(this ParseResult parsed) => parsed.GetValue(Namespace)!;
}
