using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Security;

/// <summary>What the daemon makes on the machine is root's: no other user of the machine reads, changes, enters or runs it.</summary>
public sealed class PermissionTests
{
    private const int Nobody = 65534;

    [Fact]
    public async Task No_other_user_gets_at_anything_we_make()
    {
        await using var insula = await Instance.StartAsync("", "busybox", "whiteouts");
        await insula.ApplyAsync(
            $$$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: everything}
            spec:
              volumes:
              - {name: disk, emptyDir: {}}
              - {name: memory, emptyDir: {medium: Memory}}
              containers:
              - name: main
                image: whiteouts
                imagePullPolicy: IfNotPresent
                command: [sh, -c, "echo out; umask 0; cp /opt/setuid /disk/setuid; chmod 4777 /disk/setuid; mkdir -m 777 /disk/open /written; {{{Manifests.Forever}}}"]
                volumeMounts:
                - {name: disk, mountPath: /disk}
                - {name: memory, mountPath: /memory}
            """);
        await insula.WaitForReadyAsync("everything");
        await Eventually.TrueAsync(async () => (await insula.CliAsync("exec", "everything", "--", "ls", "/written")).ExitCode == 0, "all is written");

        // As root: what there is, and that it is what this test is about. As nobody: what can be reached of it.
        var all = await FindAsync(0, insula.Base);
        foreach (var expected in (string[])["/root/state.db", "/0.log", "/opt/setuid", "/disk/setuid", "/shim.sock", "/insula.sock"])
        {
            Assert.Contains(all, path => path.EndsWith(expected, StringComparison.Ordinal));
        }

        // The test's own directory, and the one of the sockets, may be entered; nothing in them.
        var reached = await FindAsync(Nobody, insula.Base, "(", "-readable", "-o", "-writable", "-o", "-executable", ")");
        Assert.Equal([insula.Run], reached.Where(path => path.StartsWith(insula.Root, StringComparison.Ordinal) || path.StartsWith(insula.Run, StringComparison.Ordinal)));
        foreach (var program in all.Where(path => path.EndsWith("/setuid", StringComparison.Ordinal)))
        {
            (await AsNobodyAsync(program, "id")).Failed();
        }

        Assert.Equal(["600"], await ModesAsync(all.Where(path => path.StartsWith($"{insula.Root}/state.db", StringComparison.Ordinal))));
        Assert.Equal(["700"], await ModesAsync(insula.Root, Path.Combine(insula.Run, "sandboxes")));
        Assert.Equal(["711"], await ModesAsync(insula.Run));
        Assert.Equal(["660"], await ModesAsync(insula.Socket));

        var cgroups = await Commands.RunAsync("find", ["/sys/fs/cgroup", "-path", $"*insula-{insula.Tag}*", "-perm", "/o+w"]);
        Assert.Equal("", cgroups.Output);
    }

    [Fact]
    public async Task Directories_that_are_open_already_are_closed()
    {
        await using var insula = await Instance.StartAsync();
        await insula.StopDaemonAsync();
        (await Commands.RunAsync("chmod", ["777", insula.Root, insula.Run])).Succeeded();
        await insula.StartDaemonAsync();
        Assert.Equal(["700"], await ModesAsync(insula.Root));
        Assert.Equal(["711"], await ModesAsync(insula.Run));
    }

    private static async Task<IReadOnlyList<string>> FindAsync(int uid, string where, params string[] tests)
    {
        // Directories that may not be entered are said on standard error and make it fail: both are what is hoped for.
        var found = await Commands.RunAsync(
            "setpriv", [$"--reuid={uid}", $"--regid={uid}", "--clear-groups", "find", where, .. tests]);
        return found.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static Task<CommandResult> AsNobodyAsync(params string[] command) =>
        Commands.RunAsync("setpriv", [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", .. command]);

    private static async Task<IEnumerable<string>> ModesAsync(params IEnumerable<string> paths) =>
        (await Commands.RunAsync("stat", ["-c", "%a", .. paths])).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct();
}
