using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Security;

/// <summary>Intruders that change what is being looked at, again and again, while others start beside them.</summary>
public sealed class RaceTests(RaceTests.Fixture fixture) : IClassFixture<RaceTests.Fixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task What_is_exchanged_while_containers_mount_it_never_leads_out()
    {
        var shared = Directory.CreateDirectory(Path.Combine(_insula.Base, "shared")).FullName;
        var secret = Directory.CreateDirectory(Path.Combine(_insula.Base, "secret")).FullName;
        await File.WriteAllTextAsync(Path.Combine(secret, "of-the-host"), "");
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(shared, "place")).FullName, "inside"), "");
        File.CreateSymbolicLink(Path.Combine(shared, "link"), secret);
        var volumes = new object[] { new { name = "shared", hostPath = new { path = shared } }, new { name = "empty", emptyDir = new { } } };
        await _insula.ApplyAsync(Manifests.Pod(
            "racer", "",
            container: new { image = "intruder", command = new[] { "intruder", "exchange", "/shared/place", "/shared/link" }, volumeMounts = new[] { new { name = "shared", mountPath = "/shared" } } },
            spec: new { volumes, terminationGracePeriodSeconds = 0 }));
        await _insula.WaitForReadyAsync("racer");

        // A sub path, one that is made, and a place for a mount that is made in what is mounted already.
        var mounts = new object[]
        {
            new { name = "shared", mountPath = "/sub", subPath = "place" },
            new { name = "shared", mountPath = "/made", subPath = "place/made" },
            new { name = "shared", mountPath = "/shared" },
            new { name = "empty", mountPath = "/shared/place/below" },
        };
        const string Look = "ls /sub /made /shared/place/below/.. | grep of-the-host; [ ! -e /sub/inside ] || echo inside; touch /made/file /shared/place/below/file";
        string[] pods = [.. Enumerable.Range(0, 10).Select(i => $"victim-{i}")];
        await Task.WhenAll(pods.Select(name => _insula.ApplyAsync(Manifests.Pod(
            name, Look,
            spec: new
            {
                containers = Enumerable.Range(0, 6)
                    .Select(i => new { name = $"c{i}", image = "busybox", imagePullPolicy = "IfNotPresent", command = new[] { "sh", "-c", Look }, volumeMounts = mounts }).ToArray(),
                volumes,
                restartPolicy = "Never",
            }))));
        var seen = new List<string>();
        foreach (var name in pods)
        {
            var pod = await _insula.WaitForPodAsync(name, p => Statuses(p) is { Count: 6 } all && all.All(c => c["state"]?["terminated"] is not null || IsRefused(c)), "each container has ended or was refused");
            foreach (var container in Statuses(pod)!.Where(c => c["state"]?["terminated"] is not null))
            {
                seen.Add((await _insula.CliAsync("logs", name, "-c", (string)container["name"]!)).Output);
            }
        }

        Assert.DoesNotContain(seen, text => text.Contains("of-the-host", StringComparison.Ordinal));
        Assert.Contains(seen, text => text.Contains("inside", StringComparison.Ordinal));
        Assert.Equal(["of-the-host"], Directory.EnumerateFileSystemEntries(secret).Select(Path.GetFileName));
        await Task.WhenAll(pods.Append("racer").Select(name => _insula.DeletePodAsync(name)));

        static IReadOnlyList<JsonNode>? Statuses(JsonNode pod) => pod["status"]?["containerStatuses"]?.AsArray().Select(c => c!).ToList();

        static bool IsRefused(JsonNode c) => (string?)c["state"]?["waiting"]?["reason"] is not (null or "ContainerCreating" or "PodInitializing");
    }

    [Fact]
    public async Task Our_program_is_what_it_was_after_a_tracer_had_every_chance()
    {
        await _insula.ApplyAsync(Manifests.Pod(
            "overwriter", "",
            container: new
            {
                image = "intruder",
                command = new[] { "intruder", "overwrite" },
                // AppArmor, where there is one, would hide the helpers from it.
                securityContext = new { capabilities = new { add = new[] { "SYS_PTRACE" } }, appArmorProfile = new { type = "Unconfined" } },
                readinessProbe = new { exec = new { command = new[] { "true" } }, periodSeconds = 1 },
            },
            spec: new { terminationGracePeriodSeconds = 0 }));
        await _insula.WaitForReadyAsync("overwriter");
        var programs = Directory.GetFiles(Path.Combine(_insula.Root, "shim"));
        Assert.NotEmpty(programs);
        var before = programs.Select(Hash).ToList();

        // One command stays, so that its helper is met for certain; the others pass by while it looks.
        await using var staying = RunningCommand.Insula(_insula, "exec", "overwriter", "--", "sleep", "3600");
        for (var i = 0; i < 20; i++)
        {
            (await _insula.CliAsync("exec", "overwriter", "--", "true")).Succeeded();
        }

        var seen = await Eventually.GetAsync(
            async () => (await _insula.CliAsync("logs", "overwriter", "--tail", "10000")).Succeeded(), text => text.Length > 0, "it has met a program of ours");
        Assert.All(Intruder.Read(seen), line => Assert.Contains(line.Result, (string[])["EROFS", "ETXTBSY"]));
        Assert.Equal(before, programs.Select(Hash));
        await _insula.DeletePodAsync("overwriter");

        static string Hash(string path) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)));
    }

    public sealed class Fixture : InstanceFixture
    {
        protected override string[] Images => ["busybox", "intruder"];
    }
}
