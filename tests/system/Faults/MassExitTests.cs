using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Faults;

/// <summary>Many containers that end in the same instant. <c>INSULA_EXITS</c> says how many pods of twenty; `make test-full` has fifty.</summary>
public sealed class MassExitTests(ITestOutputHelper output)
{
    private const int PerPod = 20;

    // Of what a thousand exits leave in the heap until it is collected.
    private const long MemoryPlay = 96 << 20;

    private static readonly int _pods = int.Parse(Environment.GetEnvironmentVariable("INSULA_EXITS") ?? "6", CultureInfo.InvariantCulture);

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60 + (10 * _pods));

    [Fact]
    public async Task Each_of_many_ends_at_once_is_recorded_with_its_code_and_followed_by_the_policy()
    {
        await using var insula = await Instance.StartAsync("back-off-initial: 1s\nback-off-max: 4s\n", "busybox");
        var names = Enumerable.Range(0, _pods).Select(number => (Name: $"mass-{number}", Restarts: number % 2 == 0)).ToList();
        var clock = Stopwatch.StartNew();
        foreach (var (name, restarts) in names)
        {
            await insula.ApplyAsync(Pod(name, restarts));
        }

        // A shell that has not come to its trap yet would end with another code.
        foreach (var (name, _) in names)
        {
            await insula.WaitForPodAsync(name, Pods.IsReady, "all its containers run", deadline: _patience);
            await Eventually.TrueAsync(async () => (await AwakeAsync(insula, name)) == PerPod, "every script waits", _patience);
        }

        var before = await Census.OfAsync(insula);
        output.WriteLine($"{_pods * PerPod} containers run after {clock.Elapsed.TotalSeconds:0.0} s: {before}");
        var victims = Victims(insula);
        Assert.Equal(_pods * PerPod, victims.Count);
        clock.Restart();
        (await Commands.RunAsync("kill", ["-USR1", .. victims])).Succeeded();
        foreach (var (name, restarts) in names)
        {
            var pod = await insula.WaitForPodAsync(
                name,
                p => restarts ? Pods.IsReady(p) && All(p).All(c => (int)c["restartCount"]! == 1) : Pods.Phase(p) == "Failed",
                restarts ? "every container runs again" : "all have ended", deadline: _patience);
            foreach (var container in All(pod))
            {
                var ended = container[restarts ? "lastState" : "state"]!["terminated"]!;
                Assert.Equal(((string)container["name"]!, Code((string)container["name"]!), restarts ? 1 : 0), ((string)container["name"]!, (int)ended["exitCode"]!, (int)container["restartCount"]!));
            }
        }

        var after = await Census.OfAsync(insula);
        output.WriteLine($"all recorded, half of them running again, {clock.Elapsed.TotalSeconds:0.0} s after: {after}");
        Assert.InRange(after.Memory, 0, before.Memory + MemoryPlay);
        Assert.Equal(0, after.Zombies);
        Assert.False(insula.HasEnded);
        foreach (var (name, _) in names)
        {
            await insula.Api.SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/default/pods/{name}?gracePeriodSeconds=0");
        }

        await Eventually.TrueAsync(async () => (await insula.Api.GetAsync("/api/v1/pods"))["items"]!.AsArray().Count == 0, "all pods are gone", _patience);
    }

    private static int Code(string container) => 10 + int.Parse(container[1..], CultureInfo.InvariantCulture);

    private static IEnumerable<JsonNode> All(JsonNode pod) => pod["status"]!["containerStatuses"]!.AsArray().OfType<JsonNode>();

    private static string Pod(string name, bool restarts) => new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject
        {
            ["restartPolicy"] = restarts ? "OnFailure" : "Never",
            ["containers"] = new JsonArray([.. Enumerable.Range(0, PerPod).Select(i => new JsonObject
            {
                ["name"] = $"c{i}",
                ["image"] = "busybox",
                ["command"] = new JsonArray("sh", "-c", $"trap 'exit {Code($"c{i}")}' USR1; echo awake; while true; do sleep 3600 & wait $!; done"),
            })]),
        },
    }.ToJsonString();

    private static async Task<int> AwakeAsync(Instance insula, string name)
    {
        var pod = (await insula.Api.FindPodAsync(name))!;
        return Directory.EnumerateFiles(Path.Combine(insula.Root, "pods", Pods.Uid(pod), "logs"), "*", SearchOption.AllDirectories)
            .Count(log => File.ReadAllText(log).Contains("awake", StringComparison.Ordinal));
    }

    // The shells: what they started is of another name.
    private static List<string> Victims(Instance insula) =>
        [.. Leaks.Processes(insula).Where(pid => Name(pid) == "sh").Select(pid => pid.ToString(CultureInfo.InvariantCulture))];

    private static string Name(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm").Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }

    private sealed record Census(long Memory, int Zombies)
    {
        // A process that has just ended is a zombie for a moment: only one that stays counts.
        public static async Task<Census> OfAsync(Instance insula)
        {
            var zombies = 0;
            await Eventually.TrueAsync(
                () => (zombies = Zombie(insula)) == 0, "no process stays a zombie");
            return new(long.Parse(Processes.Status(insula.DaemonPid, "RssAnon").Split(' ')[0], CultureInfo.InvariantCulture) * 1024, zombies);
        }

        private static int Zombie(Instance insula) => ((int[])[insula.DaemonPid, .. Leaks.Processes(insula)]).Count(pid =>
        {
            try
            {
                var line = File.ReadAllText($"/proc/{pid}/stat");
                return line[(line.LastIndexOf(')') + 2)..].StartsWith('Z');
            }
            catch (IOException)
            {
                return false;
            }
        });
    }
}
