using System.Diagnostics;
using System.Globalization;
using Insula.Linux;
using Insula.Linux.Events;
using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Linux.Processes;
using Insula.Sandbox.Lifecycle;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insula.Sandbox.Tests.Lifecycle;

/// <summary>Who no longer waits for a program leaves no child that runs on, and none that nobody reaps.</summary>
public sealed class AbandonedStartTests : IAsyncDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    private readonly string _path = Directory.CreateTempSubdirectory("insula-abandoned-").FullName;
    private readonly EventLoop _loop = new();
    private readonly Descriptor _directory;
    private readonly Descriptor _program;
    private readonly ShimSpawner _spawner;
    private readonly CancellationTokenSource _enough = new();

    // A program that tells that it runs, answers the first request of descriptor 3 only when it is told how, and ends with the socket, which does not block.
    public AbandonedStartTests()
    {
        var program = Path.Combine(_path, "program");
        File.WriteAllText(program, $"""
            #!/bin/sh
            echo $$ >{_path}/new
            mv {_path}/new {_path}/pid
            read -r answer <{_path}/gate
            printf "$answer" >&3
            until s=$(dd bs=4096 count=1 2>&1 >/dev/null <&3); case "$s" in 0+0*) true ;; *) false ;; esac; do sleep 0.02; done

            """);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using (var mkfifo = Process.Start("mkfifo", Path.Combine(_path, "gate")))
        {
            mkfifo.WaitForExit();
        }

        _directory = Directories.Open(_path);
        _program = Descriptor.Open(program, fcntl.O_PATH);
        var options = new SandboxOptions { RootDirectory = _path, RunDirectory = _path, ShimProgram = program };
        _spawner = new ShimSpawner(new SandboxContext(options, null!, _loop, TimeProvider.System, NullLogger.Instance), _program);
    }

    [Fact]
    public async Task A_shim_whose_number_is_told_too_late_is_ended_and_reaped()
    {
        var spawning = _spawner.SpawnAsync("u-0", _directory, _directory, _enough.Token);
        var server = await StartedAsync();
        using var shim = Spawn.Start(new SpawnRequest { Path = "/bin/sleep", Arguments = ["sleep", "1000"] });
        await _enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => spawning);

        await AnswerAsync($"ok\\0001\\000{shim.Pid}\\000");
        await UntilAsync(() => ProcessStat.Read(shim.Pid) is null, $"the shim, process {shim.Pid}, is ended and reaped");
        await EndAsync(server);
    }

    [Fact]
    public async Task A_server_that_starts_no_shim_goes_on_and_ends_with_the_daemon()
    {
        var spawning = _spawner.SpawnAsync("u-0", _directory, _directory, _enough.Token);
        var server = await StartedAsync();
        await AnswerAsync("err\\0001\\000clone\\00012\\000");
        var refused = await Assert.ThrowsAsync<LaunchException>(() => spawning);
        Assert.Equal(("clone", Errno.ENOMEM), (refused.Step, refused.Errno));
        Assert.NotNull(ProcessStat.Read(server));
        await EndAsync(server);
    }

    [Fact]
    public async Task One_that_never_answers_ends_with_the_daemon()
    {
        var spawning = _spawner.SpawnAsync("u-0", _directory, _directory, _enough.Token);
        var server = await StartedAsync();
        await _enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => spawning);
        await AnswerAsync("");
        await EndAsync(server);
    }

    [Fact]
    public async Task A_check_that_nobody_waits_for_is_ended_and_reaped()
    {
        var checking = _spawner.TryUserNamespaceAsync(_path, _enough.Token);
        var check = await StartedAsync();
        await _enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => checking);
        await UntilAsync(() => ProcessStat.Read(check) is null, $"process {check} is ended and reaped");
    }

    public async ValueTask DisposeAsync()
    {
        await _spawner.DisposeAsync(); // once more where a test has done it
        _enough.Dispose();
        _program.Dispose();
        _directory.Dispose();
        _loop.Dispose();
        Directory.Delete(_path, recursive: true);
    }

    private Task AnswerAsync(string answer) => File.WriteAllTextAsync(Path.Combine(_path, "gate"), answer + "\n");

    private async Task EndAsync(int server)
    {
        await _spawner.DisposeAsync();
        Assert.Null(ProcessStat.Read(server));
    }

    private async Task<int> StartedAsync()
    {
        var told = Path.Combine(_path, "pid");
        await UntilAsync(() => File.Exists(told), "the program runs");
        return int.Parse(await File.ReadAllTextAsync(told), CultureInfo.InvariantCulture);
    }

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        for (var clock = Stopwatch.StartNew(); !condition();)
        {
            Assert.True(clock.Elapsed < s_deadline, $"not within {s_deadline.TotalSeconds} s: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }
    }
}
