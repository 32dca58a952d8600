using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Security;

/// <summary>Which ids of the machine pods get, who keeps them, and when they come back.</summary>
public sealed class UserIdTests
{
    private const string OneRange = "user-ids: 1900019712:65536\nback-off-initial: 1s\nback-off-max: 2s\n";

    [Fact]
    public async Task Ids_outlive_the_daemon_and_come_back_with_the_end_of_their_pod()
    {
        await using var insula = await Instance.StartAsync("user-ids: 1900019712:131072\nback-off-initial: 1s\nback-off-max: 2s\n", "busybox");
        await insula.ApplyAsync(UserNamespaceTests.Pod("kept", Manifests.Forever));
        var before = await insula.WaitForReadyAsync("kept");
        var pid = Processes.MainOf(insula, before, "main");
        var first = UserNamespaceTests.FirstOf(pid);
        await insula.KillDaemonAsync();
        await insula.StartDaemonAsync();
        var after = await insula.WaitForReadyAsync("kept");
        Assert.Equal(pid, Processes.MainOf(insula, after, "main"));
        Assert.Equal("0", (await insula.CliAsync("exec", "kept", "--", "id", "-u")).Succeeded().Trim());

        // The other range, then none; and a restart keeps what the pod has.
        await insula.ApplyAsync(UserNamespaceTests.Pod("second", Manifests.Forever));
        var second = UserNamespaceTests.FirstOf(Processes.MainOf(insula, await insula.WaitForReadyAsync("second"), "main"));
        Assert.Equal([1900019712u, 1900085248u], new[] { first, second }.Order());
        await Processes.KillAsync(insula, after, "main");
        after = await insula.WaitForPodAsync("kept", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "restarted");
        Assert.Equal(first, UserNamespaceTests.FirstOf(Processes.MainOf(insula, after, "main")));

        await insula.ApplyAsync(UserNamespaceTests.Pod("third", Manifests.Forever));
        await Eventually.GetAsync(
            async () => (await insula.CliAsync("events", "--for", "pod/third")).Succeeded(),
            text => text.Contains("no 65536 ids are left in 1900019712:131072 (--user-ids)", StringComparison.Ordinal), "an event says that there are no ids");
        await insula.DeletePodAsync("kept");
        var third = await insula.WaitForReadyAsync("third");
        Assert.Equal(first, UserNamespaceTests.FirstOf(Processes.MainOf(insula, third, "main")));
    }

    [Fact]
    public async Task A_dead_shim_costs_the_pod_its_sandbox_but_not_its_ids()
    {
        await using var insula = await Instance.StartAsync(OneRange, "busybox");
        await insula.ApplyAsync(UserNamespaceTests.Pod("phoenix", Manifests.Forever));
        var pid = Processes.MainOf(insula, await insula.WaitForReadyAsync("phoenix"), "main");
        (await Commands.RunAsync("kill", ["-KILL", Processes.Status(pid, "PPid")])).Succeeded();
        var pod = await insula.WaitForPodAsync("phoenix", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "set up anew");
        Assert.Equal(1900019712u, UserNamespaceTests.FirstOf(Processes.MainOf(insula, pod, "main")));
    }

    [Fact]
    public async Task The_users_of_the_machine_are_asked()
    {
        var files = Directory.CreateTempSubdirectory("insula-test-").FullName;
        try
        {
            var etc = Directory.CreateDirectory(Path.Combine(files, "etc")).FullName;
            Directory.CreateDirectory(Path.Combine(files, "work"));
            foreach (var name in (string[])["subuid", "subgid"])
            {
                await File.WriteAllTextAsync(Path.Combine(etc, name), "alice:1900019712:100\ninsula:1900019712:196608\n");
            }

            await File.WriteAllTextAsync(Path.Combine(etc, "passwd"), "root:x:0:0::/:/bin/sh\nbob:x:1900085248:0::/:/bin/sh\n");
            var mounts = $"mount -t overlay -o lowerdir=/etc,upperdir={etc},workdir={files}/work etc /etc";
            await using var insula = await Instance.StartAsync(new InstanceSetup { Mounts = mounts }, "busybox");
            await insula.ApplyAsync(UserNamespaceTests.Pod("only", Manifests.Forever));
            Assert.Equal(1900150784u, UserNamespaceTests.FirstOf(Processes.MainOf(insula, await insula.WaitForReadyAsync("only"), "main")));
            Assert.Contains("no 65536 ids are left in 1900019712:196608 (/etc/subuid)", (await insula.CliAsync("system", "check")).Output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(files, recursive: true);
        }
    }
}
