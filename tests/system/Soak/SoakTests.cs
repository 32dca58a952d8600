using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Soak;

/// <summary>Pods come and go, many at a time: what the daemon and the kernel hold does not grow. `make soak` does it ten thousand times.</summary>
public sealed class SoakTests(ITestOutputHelper output)
{
    private const int AtATime = 6;

    // What a garbage collector keeps varies, and so does the number of threads in the pool; what leaks does so without end.
    private const long MemoryPlay = 24 << 20;
    private const int ThreadPlay = 12;

    // The database's log grows to four megabytes before it begins anew.
    private const long LogPlay = 8 << 20;

    private static readonly int _cycles = int.Parse(Environment.GetEnvironmentVariable("INSULA_SOAK") ?? "48", CultureInfo.InvariantCulture);

    [Fact]
    public async Task What_is_held_does_not_grow_with_the_pods_that_were()
    {
        await using var insula = await Instance.StartAsync("event-count: 200\n", "busybox");
        const int Parts = 4;
        var censuses = new List<Census>();
        for (var part = 0; part < Parts; part++)
        {
            var first = _cycles * part / Parts;
            await Parallel.ForEachAsync(
                Enumerable.Range(first, (_cycles * (part + 1) / Parts) - first),
                new ParallelOptions { MaxDegreeOfParallelism = AtATime },
                async (number, _) => await ToldAsync(insula, number));
            await Leaks.AssertNoPodIsLeftAsync(insula);
            censuses.Add(await CensusAtRestAsync(insula));
            output.WriteLine($"after {_cycles * (part + 1) / Parts} pods: {censuses[^1]}");
        }

        // The first part warms up: threads of the pool, connections, compiled code.
        var (warm, last) = (censuses[1], censuses[^1]);
        Assert.InRange(last.Descriptors, 0, warm.Descriptors + 2);
        Assert.InRange(last.Threads, 0, warm.Threads + ThreadPlay);
        Assert.InRange(last.Memory, 0, warm.Memory + MemoryPlay);
        Assert.Equal((warm.Mounts, warm.Inotify, warm.Cgroups, warm.Elements), (last.Mounts, last.Inotify, last.Cgroups, last.Elements));
        Assert.InRange(last.Database, 0, warm.Database + LogPlay);
    }

    // Of one among thousands all is told that there is to know: it does not come again at will.
    private async Task ToldAsync(Instance insula, int number)
    {
        try
        {
            await CycleAsync(insula, number);
        }
        catch (Exception e)
        {
            var left = Leaks.Processes(insula).Select(pid => $"{pid} {File.ReadAllText($"/proc/{pid}/cgroup").Split('\n')[0]}");
            output.WriteLine($"soak-{number}: {e.Message}\n{await insula.Api.FindPodAsync($"soak-{number}")}\nprocesses:\n{string.Join('\n', left)}\nthe daemon's last words:\n{string.Join('\n', insula.DaemonLog.Split('\n').TakeLast(40))}");
            throw;
        }
    }

    // One in four serves, is probed, and runs a command; the others end by themselves.
    private static async Task CycleAsync(Instance insula, int number)
    {
        var name = $"soak-{number}";
        var serves = number % 4 == 0;
        var pod = serves
            ? Manifests.Pod(name, Manifests.Forever, container: new { readinessProbe = new { exec = new { command = new[] { "true" } }, periodSeconds = 1 } })
            : Manifests.Pod(name, "echo $HOSTNAME", spec: new { restartPolicy = "Never" });
        var (code, body) = await insula.Api.SendAsync(HttpMethod.Post, "/api/v1/namespaces/default/pods", JsonNode.Parse(pod));
        Assert.True(code == HttpStatusCode.Created, $"{body}");
        if (serves)
        {
            await insula.WaitForReadyAsync(name);
            if (number % 16 == 0)
            {
                Assert.Equal(name, (await insula.CliAsync("exec", name, "--", "hostname")).Succeeded().Trim());
            }
        }
        else
        {
            await insula.WaitForPodAsync(name, p => Pods.Phase(p) == "Succeeded", "has succeeded");
        }

        (code, body) = await insula.Api.SendAsync(HttpMethod.Delete, $"/api/v1/namespaces/default/pods/{name}?gracePeriodSeconds=0");
        Assert.True(code == HttpStatusCode.OK, $"{body}");
        await Eventually.TrueAsync(async () => await insula.Api.FindPodAsync(name) is null, $"{name} is deleted");
    }

    // Of a pod just deleted the last descriptors may still be closing, and connections of this client idle.
    private static async Task<Census> CensusAtRestAsync(Instance insula)
    {
        var last = await Census.TakeAsync(insula);
        await Eventually.TrueAsync(
            async () =>
            {
                var now = await Census.TakeAsync(insula);
                var rests = (now.Descriptors, now.Inotify, now.Cgroups) == (last.Descriptors, last.Inotify, last.Cgroups);
                last = now;
                return rests;
            },
            "the daemon rests");
        return last;
    }
}
