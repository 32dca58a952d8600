using System.CommandLine;
using System.Globalization;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula logs</c>: what containers wrote, byte for byte.</summary>
internal static class LogsCommand
{
    public static Command Create()
    {
        var pod = new Argument<string>("pod") { Description = "POD, pod/POD, or KIND/NAME of a workload or Service" }.TakesPod();
        var container = Common.Container("the container (default: the first)");
        var follow = new Option<bool>("--follow", "-f") { Description = "go on as the container writes" };
        var previous = new Option<bool>("--previous", "-p") { Description = "of the container's last run, before its restart" };
        var tail = new Option<long?>("--tail") { Description = "only the last lines", HelpName = "LINES" };
        var since = new Option<string?>("--since") { Description = "only what is newer: 30s, 2h", HelpName = "DURATION" };
        var sinceTime = new Option<string?>("--since-time") { Description = "only what is newer than an RFC 3339 time", HelpName = "TIME" };
        var timestamps = new Option<bool>("--timestamps") { Description = "each line with its time" };
        var limit = new Option<long?>("--limit-bytes") { Description = "stop after so many bytes", HelpName = "BYTES" };
        var all = new Option<bool>("--all-containers") { Description = "of every container, one after the other" };
        var command = new Command("logs", "print what a pod's containers wrote")
        {
            pod, container, follow, previous, tail, since, sinceTime, timestamps, limit, all,
        };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            var name = await PodName.FindAsync(client, parsed.NamespaceName(), parsed.GetValue(pod)!, ct);
            var path = PodName.Path(parsed.NamespaceName(), name);
            var query = new List<string>();
            Flag("follow", parsed.GetValue(follow));
            Flag("previous", parsed.GetValue(previous));
            Flag("timestamps", parsed.GetValue(timestamps));
            Number("tailLines", parsed.GetValue(tail));
            Number("limitBytes", parsed.GetValue(limit));
            if (parsed.GetValue(since) is { } age)
            {
                Number("sinceSeconds", Math.Max(1, (long)Math.Ceiling(Durations.Parse(age, "--since").TotalSeconds)));
            }

            if (parsed.GetValue(sinceTime) is { } time)
            {
                query.Add($"sinceTime={Uri.EscapeDataString(time)}");
            }

            var containers = parsed.GetValue(all)
                ? DefaultContainer.Names(await client.GetAsync(path, ct))
                : (IReadOnlyList<string?>)[await DefaultContainer.ChooseAsync(client, path, parsed.GetValue(container), Console.Error, ct)];
            if (parsed.GetValue(follow) && containers.Count > 1)
            {
                throw new CommandException("-f follows one container: name it with -c");
            }

            foreach (var one in containers)
            {
                await CopyAsync(client, path, one, query, ct);
            }

            return 0;

            void Flag(string key, bool value)
            {
                if (value)
                {
                    query.Add($"{key}=true");
                }
            }

            void Number(string key, long? value)
            {
                if (value is not null)
                {
                    query.Add(string.Create(CultureInfo.InvariantCulture, $"{key}={value}"));
                }
            }
        });
        return command;
    }

    private static async Task CopyAsync(
        ApiClient client, string path, string? container, IReadOnlyList<string> query, CancellationToken ct)
    {
        List<string> full = container is null ? [.. query] : [.. query, $"container={Uri.EscapeDataString(container)}"];
        using var response = await client.SendRawAsync(
            HttpMethod.Get, $"{path}/log?{string.Join('&', full)}", null, ct);
        await using var log = await response.Content.ReadAsStreamAsync(ct);
        await using var output = StandardStreams.OpenOutput();
        var buffer = new byte[65536];
        // What was read is shown at once: CopyTo would hold a follower's lines back in a buffer.
        for (int count; (count = await log.ReadAsync(buffer, ct)) > 0;)
        {
            await output.WriteAsync(buffer.AsMemory(0, count), ct);
            await output.FlushAsync(ct);
        }
    }
}
