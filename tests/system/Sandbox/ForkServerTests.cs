using System.Globalization;
using Insula.SystemTests.Crash;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Sandbox;

/// <summary>The process that shims are cloned from: whoever ends it, pods go on and others come.</summary>
public sealed class ForkServerTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task One_that_has_ended_is_followed_by_another()
    {
        await _insula.ApplyAsync(Manifests.Pod("before", Manifests.Forever));
        var before = await _insula.WaitForReadyAsync("before");
        var main = Processes.MainOf(_insula, before, "main");
        var server = Assert.Single(ServersOf(_insula));
        Assert.Equal(_insula.DaemonPid, int.Parse(Processes.Status(int.Parse(Processes.Status(main, "PPid"), CultureInfo.InvariantCulture), "PPid"), CultureInfo.InvariantCulture));

        (await Commands.RunAsync("kill", ["-KILL", server.ToString(CultureInfo.InvariantCulture)])).Succeeded();
        await Eventually.TrueAsync(() => !ServersOf(_insula).Contains(server), "the server has ended");
        Assert.True(Pods.IsReady((await _insula.Api.FindPodAsync("before"))!), "pods do not need it");

        await _insula.ApplyAsync(Manifests.Pod("after", Manifests.Forever));
        var after = await _insula.WaitForReadyAsync("after");
        Assert.Equal(0, Pods.Restarts(after, "main"));
        Assert.NotEqual(server, Assert.Single(ServersOf(_insula)));
        Assert.False(Directory.Exists($"/proc/{server}"), "it is reaped");
        await _insula.DeletePodAsync("before");
        await _insula.DeletePodAsync("after");

        // Of a daemon that dies none stays.
        var last = Assert.Single(ServersOf(_insula));
        await _insula.KillDaemonAsync();
        await Eventually.TrueAsync(() => !Directory.Exists($"/proc/{last}"), "the server ends with its daemon");
        await _insula.StartDaemonAsync();
    }

    private static List<int> ServersOf(Instance insula) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0 && IsServer(pid) && Processes.Status(pid, "PPid") == insula.DaemonPid.ToString(CultureInfo.InvariantCulture)),
    ];

    private static bool IsServer(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm").Trim() == "insula-forks";
        }
        catch (IOException)
        {
            return false; // it ended between the listing and the reading
        }
    }
}
