using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Cli.Client;
using Insula.Cli.Output;

namespace Insula.Cli.Commands;

/// <summary><c>insula logs</c>: what containers wrote, byte for byte.</summary>
internal static class LogsCommand
{
    // Each is a stream, of which a user may hold `watches-per-peer` at a time.
    private const int MostFollowed = 100;

    public static Command Create()
    {
        var pod = new Argument<string?>("pod") { Description = "POD, pod/POD, or KIND/NAME of a workload or Service", Arity = ArgumentArity.ZeroOrOne }.TakesPod();
        var selector = new Option<string?>("--selector", "-l") { Description = "all pods with these labels instead: app=web", HelpName = "LABELS" };
        var container = Common.Container("the container (default: the first)");
        var follow = new Option<bool>("--follow", "-f") { Description = "go on as the container writes, also when it is started again, until it cannot be any more" };
        var previous = new Option<bool>("--previous", "-p") { Description = "of the container's last run, before its restart" };
        var tail = new Option<long?>("--tail") { Description = "only the last lines", HelpName = "LINES" };
        var since = new Option<string?>("--since") { Description = "only what is newer: 30s, 2h", HelpName = "DURATION" };
        var sinceTime = new Option<string?>("--since-time") { Description = "only what is newer than an RFC 3339 time", HelpName = "TIME" };
        var timestamps = new Option<bool>("--timestamps") { Description = "each line with its time" };
        var limit = new Option<long?>("--limit-bytes") { Description = "stop after so many bytes", HelpName = "BYTES" };
        var all = new Option<bool>("--all-containers") { Description = "of every container: one after the other, or with -f at once" };
        var prefix = new Option<bool>("--prefix") { Description = "begin each line with [pod/POD/CONTAINER]" };
        var command = new Command("logs", "print what pods' containers wrote")
        {
            pod, selector, container, follow, previous, tail, since, sinceTime, timestamps, limit, all, prefix,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var (from, sinceWhen) = (parsed.GetValue(since), parsed.GetValue(sinceTime));
            var always = new Query().Flag("follow", parsed.GetValue(follow)).Flag("timestamps", parsed.GetValue(timestamps));
            var query = new Query(always).Flag("previous", parsed.GetValue(previous))
                .Add("tailLines", parsed.GetValue(tail)).Add("limitBytes", parsed.GetValue(limit))
                .Add("sinceSeconds", from is null ? null : Math.Max(1, (long)Math.Ceiling(Durations.Parse(from, "--since").TotalSeconds)))
                .Add("sinceTime", sinceWhen);
            using var client = parsed.Client();
            var ns = parsed.NamespaceName();
            var logs = await FindAsync(client, ns, parsed.GetValue(pod), parsed.GetValue(selector), parsed.GetValue(container), parsed.GetValue(all), ct);
            using var output = new LogOutput(StandardStreams.OpenOutput());

            // After so many bytes, and after the run before, nothing follows.
            var isFollowed = parsed.GetValue(follow) && parsed.GetValue(limit) is null && !parsed.GetValue(previous);
            Task CopyAsync((string Pod, string? Container) log) => new ContainerLog(client, ns, log.Pod, log.Container).CopyAsync(
                output, parsed.GetValue(prefix) ? Prefix(log, logs) : "", query.Words, always.Words, isFollowed, ct);
            if (!parsed.GetValue(follow))
            {
                foreach (var log in logs)
                {
                    await CopyAsync(log);
                }

                return 0;
            }

            if (logs.Count > MostFollowed)
            {
                throw new CommandException($"-f would follow {logs.Count} containers at once, at most {MostFollowed}: name fewer of them by -l, or one by -c");
            }

            await Task.WhenAll(logs.Select(CopyAsync));
            return 0;
        });
        return command;
    }

    private static async Task<List<(string Pod, string? Container)>> FindAsync(
        ApiClient client, string ns, string? word, string? selector, string? container, bool all, CancellationToken ct)
    {
        if ((word is null) == (selector is null))
        {
            throw new CommandException(word is null ? "which pod? Write POD, KIND/NAME, or -l LABELS" : "a pod or -l, not both");
        }

        if (selector is null)
        {
            var name = await PodName.FindAsync(client, ns, word!, ct);
            var path = PodName.Path(ns, name);
            return all
                ? DefaultContainer.Names(await client.GetAsync(path, ct)).Select(c => (name, (string?)c)).ToList()
                : [(name, await DefaultContainer.ChooseAsync(client, path, container, Console.Error, ct))];
        }

        var list = await client.GetAsync($"/api/v1/namespaces/{Uri.EscapeDataString(ns)}/pods?labelSelector={Uri.EscapeDataString(selector)}", ct);
        var pods = (list["items"] as JsonArray ?? []).OfType<JsonObject>().OrderBy(p => (string?)p["metadata"]!["name"], StringComparer.Ordinal).ToList();
        if (pods.Count == 0)
        {
            throw new CommandException($"no pod in namespace {ns} has the labels {selector}");
        }

        return pods.SelectMany(p => (all ? DefaultContainer.Names(p) : (IReadOnlyList<string?>)[container ?? DefaultContainer.Names(p)[0]])
            .Select(c => ((string)p["metadata"]!["name"]!, c))).ToList();
    }

    // In a colour of its own each, where that can be seen and nobody objects (no-color.org).
    private static string Prefix((string Pod, string? Container) log, List<(string Pod, string? Container)> logs)
    {
        var text = $"[pod/{Printable.Cell(log.Pod)}/{Printable.Cell(log.Container ?? "")}] ";
        var isPlain = Console.IsOutputRedirected || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        return isPlain ? text : string.Create(CultureInfo.InvariantCulture, $"\x1b[{36 - (logs.IndexOf(log) % 6)}m{text}\x1b[0m");
    }

    private sealed class Query(Query? more = null)
    {
        public List<string> Words { get; } = [.. more?.Words ?? []];

        public Query Flag(string key, bool value) => Add(key, value ? "true" : null);

        public Query Add(string key, long? value) => Add(key, value?.ToString(CultureInfo.InvariantCulture));

        public Query Add(string key, string? value)
        {
            if (value is not null)
            {
                Words.Add($"{key}={Uri.EscapeDataString(value)}");
            }

            return this;
        }
    }
}
