using System.Text;
using Insula.Linux;
using Insula.Sandbox;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Sandbox;

public sealed class ExecKernelTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_command_gives_its_output_and_code()
    {
        await using var host = new SandboxHost();
        var sandbox = await RunningAsync(host);
        var outcome = await sandbox.RunAsync(SandboxHost.Exec("web.0", "sh", "-c", "echo out; echo err >&2; exit 5"), Long, 4096, SandboxHost.Deadline);
        Assert.Equal(5, outcome.Result!.Code);
        Assert.Equal("out\nerr\n", Encoding.UTF8.GetString(outcome.Output.Span));
        Assert.False(outcome.Truncated);
        AssertNoExecIsLeft(host, sandbox);
    }

    [Fact]
    public async Task Output_beyond_the_cap_is_dropped()
    {
        await using var host = new SandboxHost();
        var sandbox = await RunningAsync(host);
        var outcome = await sandbox.RunAsync(SandboxHost.Exec("web.0", "sh", "-c", "yes | head -c 3000000"), Long, 1000, SandboxHost.Deadline);
        Assert.Equal(0, outcome.Result!.Code);
        Assert.Equal(1000, outcome.Output.Length);
        Assert.True(outcome.Truncated);
    }

    [Fact]
    public async Task A_timeout_ends_the_whole_tree_and_leaves_no_zombie()
    {
        await using var host = new SandboxHost();
        var sandbox = await RunningAsync(host);
        var before = host.Processes().Count;
        for (var i = 0; i < 3; i++)
        {
            var outcome = await sandbox.RunAsync(
                SandboxHost.Exec("web.0", "sh", "-c", "for i in 1 2 3; do (sleep 1000 & sleep 1000) & done; echo started; sleep 1000"),
                300 * Eventually.Slowness * TimeSpan.FromMilliseconds(1),
                4096,
                SandboxHost.Deadline);
            Assert.True(outcome.TimedOut);
            Assert.Equal("started\n", Encoding.UTF8.GetString(outcome.Output.Span));
        }

        AssertNoExecIsLeft(host, sandbox);
        Assert.Equal(before, host.Processes().Count);
        Assert.DoesNotContain(host.Processes(), process => process.Contains(") Z ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Standard_input_reaches_the_command_and_its_end_is_seen()
    {
        await using var host = new SandboxHost();
        var sandbox = await RunningAsync(host);
        await using var session = await sandbox.ExecAsync(SandboxHost.Exec("web.0", "cat") with { Stdin = true }, SandboxHost.Deadline);
        var sent = Encoding.UTF8.GetBytes(new string('x', 300_000) + "end");
        var reading = ReadAllAsync(session.Stdout!);
        await session.Stdin!.WriteAsync(sent, SandboxHost.Deadline);
        await session.Stdin.DisposeAsync();
        Assert.Equal(sent, await reading);
        Assert.Equal(0, (await session.Completion.WaitAsync(SandboxHost.Deadline)).Code);
    }

    [Fact]
    public async Task A_terminal_has_a_size_and_ends_with_the_command()
    {
        await using var host = new SandboxHost();
        var sandbox = await RunningAsync(host);
        // The helper in the container is told of the size without being waited for.
        const string Script = "tty; read x; while ! stty size 2>/dev/null | grep '33 111'; do sleep 0.02; done; exit 4";
        await using var session = await sandbox.ExecAsync(SandboxHost.Exec("web.0", "sh", "-c", Script) with { Tty = true }, SandboxHost.Deadline);
        await session.ResizeAsync(33, 111, SandboxHost.Deadline);
        await session.Terminal!.WriteAsync("go\n"u8.ToArray(), SandboxHost.Deadline);
        var text = Encoding.UTF8.GetString(await ReadAllAsync(session.Terminal));
        Assert.Contains("/dev/pts/0", text, StringComparison.Ordinal);
        Assert.Contains("33 111", text, StringComparison.Ordinal);
        Assert.Equal(4, (await session.Completion.WaitAsync(SandboxHost.Deadline)).Code);
    }

    [Fact]
    public async Task A_missing_program_or_container_is_refused()
    {
        await using var host = new SandboxHost();
        var sandbox = await RunningAsync(host);
        var failure = await Assert.ThrowsAsync<LaunchException>(() => sandbox.ExecAsync(SandboxHost.Exec("web.0", "/nowhere"), SandboxHost.Deadline));
        Assert.Equal(("exec", Errno.ENOENT), (failure.Step, failure.Errno));
        AssertNoExecIsLeft(host, sandbox);
        await Assert.ThrowsAnyAsync<Exception>(() => sandbox.ExecAsync(SandboxHost.Exec("other.0", "true"), SandboxHost.Deadline));
    }

    [Fact]
    public async Task Disposing_a_session_ends_what_it_started()
    {
        await using var host = new SandboxHost();
        var sandbox = await RunningAsync(host);
        var session = await sandbox.ExecAsync(SandboxHost.Exec("web.0", "sh", "-c", "sleep 1000 & sleep 1000"), SandboxHost.Deadline);
        await session.DisposeAsync();
        AssertNoExecIsLeft(host, sandbox);
    }

    [Fact]
    public async Task The_end_of_the_container_ends_its_commands()
    {
        await using var host = new SandboxHost();
        var sandbox = await RunningAsync(host);
        await using var session = await sandbox.ExecAsync(SandboxHost.Exec("web.0", "sleep", "1000"), SandboxHost.Deadline);
        await sandbox.KillAsync("web.0", SandboxHost.Deadline);
        Assert.Equal(137, (await session.Completion.WaitAsync(SandboxHost.Deadline)).Code);
        await session.DisposeAsync();
        await sandbox.RemoveAsync("web.0", SandboxHost.Deadline);
        Assert.False(host.Cgroups.Exists($"{host.CgroupParent}/web.0"));
    }

    [Fact]
    public async Task A_hook_may_leave_something_running_when_it_is_asked_to()
    {
        await using var host = new SandboxHost();
        var sandbox = await RunningAsync(host);
        var group = $"{host.CgroupParent}/web.0";
        var hook = SandboxHost.Exec("web.0", "sh", "-c", "sleep 1000 & echo left") with { KeepDescendants = true };
        var outcome = await sandbox.RunAsync(hook, Long, 100, SandboxHost.Deadline);
        Assert.Equal((0, "left\n"), (outcome.Result!.Code, Encoding.UTF8.GetString(outcome.Output.Span)));
        var exec = Assert.Single(host.Cgroups.List(group), name => name.StartsWith("exec-", StringComparison.Ordinal));
        Assert.Single(host.Cgroups.ReadProcesses($"{group}/{exec}"));
        await host.Cgroups.KillAsync($"{group}/{exec}", Long);
        await Eventually.TrueAsync(() => !host.Cgroups.Exists($"{group}/{exec}"), "the group goes with what was left");
        AssertNoExecIsLeft(host, sandbox);
    }

    private static async Task<PodSandbox> RunningAsync(SandboxHost host)
    {
        var sandbox = await host.Service.CreateAsync(host.Spec(), SandboxHost.Deadline);
        await sandbox.StartAsync(host.Container("web.0", "sleep", "100000"), SandboxHost.Deadline);
        return sandbox;
    }

    private static async Task<byte[]> ReadAllAsync(Stream stream)
    {
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, SandboxHost.Deadline);
        return all.ToArray();
    }

    private static void AssertNoExecIsLeft(SandboxHost host, PodSandbox sandbox)
    {
        Assert.DoesNotContain(host.Cgroups.List($"{host.CgroupParent}/web.0"), name => name.StartsWith("exec-", StringComparison.Ordinal));
        Assert.Equal(sandbox.Containers.Single().Pid, Assert.Single(host.Cgroups.ReadProcesses($"{host.CgroupParent}/web.0")));
    }
}
