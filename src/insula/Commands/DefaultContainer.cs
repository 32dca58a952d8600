using System.Text.Json.Nodes;
using Insula.Cli.Client;
using Insula.Cli.Output;

namespace Insula.Cli.Commands;

/// <summary>The container meant where none was named: the pod's first, which is said when there are others.</summary>
internal static class DefaultContainer
{
    public static async Task<string?> ChooseAsync(
        ApiClient client, string podPath, string? named, TextWriter notes, CancellationToken ct)
    {
        if (named is not null)
        {
            return named;
        }

        var pod = await client.GetAsync(podPath, ct);
        var names = Names(pod);
        if (names.Count > 1)
        {
            await notes.WriteLineAsync(
                $"Defaulted container \"{Printable.Text(names[0])}\" out of: {Printable.Text(string.Join(", ", names))}");
        }

        return names.Count > 0 ? names[0] : null;
    }

    /// <summary>The words of a query that name it.</summary>
    public static string Query(string? container) => container is null ? "" : $"&container={Uri.EscapeDataString(container)}";

    public static IReadOnlyList<string> Names(JsonObject pod) =>
        [.. (pod["spec"]?["containers"]?.AsArray() ?? []).Select(c => (string)c!["name"]!)];
}
