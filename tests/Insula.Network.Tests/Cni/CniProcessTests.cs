using System.Diagnostics;
using Insula.Linux.Events;
using Insula.Network.Cni;
using Insula.Network.Host;

namespace Insula.Network.Tests.Cni;

public sealed class CniProcessTests : IDisposable
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(2);
    private readonly string _directory = Directory.CreateTempSubdirectory("insula-cni-").FullName;
    private readonly EventLoop _events = new();
    private readonly NamespaceWorker _host = new("CNI tests", null);

    public void Dispose()
    {
        _host.Dispose();
        _events.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Input_output_error_and_code_are_carried()
    {
        CniOutput output = await RunAsync("cat; echo \"$CNI_COMMAND\" > /dev/stdout; echo why >&2; exit 3", s_long, "asked ");
        Assert.Equal((3, "asked ADD\n", "why"), (output.ExitCode, output.Output, output.Error));
        Assert.Equal(137, (await RunAsync("kill -9 $$", s_long)).ExitCode);
    }

    [Fact]
    public async Task More_than_a_pipe_holds_is_read() => Assert.Equal(900_000, (await RunAsync("head -c 900000 /dev/zero | tr '\\0' x", s_long)).Output.Length);

    [Fact]
    public async Task One_that_writes_without_end_is_ended() =>
        Assert.Contains("writes more than", (await Assert.ThrowsAsync<CniException>(() => RunAsync("cat /dev/zero", s_long))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task One_that_hangs_is_ended_with_all_that_it_has_started()
    {
        string file = Path.Combine(_directory, "pids");
        CniException e = await Assert.ThrowsAsync<CniException>(() => RunAsync(
            $"sleep 1000 & echo $! >> {file}; setsid sleep 1000 & echo $! >> {file}; (setsid sh -c 'echo $$ >> {file}; exec sleep 1000' &); echo slow >&2; wait; sleep 1000", TimeSpan.FromSeconds(2)));
        Assert.Contains("did not answer within 2 s", e.Message, StringComparison.Ordinal);
        Assert.EndsWith(": slow", e.Message, StringComparison.Ordinal);
        Assert.All(File.ReadAllLines(file), pid => Assert.False(Runs(pid), $"process {pid} goes on"));
    }

    [Fact]
    public async Task What_one_has_left_behind_is_not_waited_for()
    {
        CniOutput output = await RunAsync("sleep 1000 & echo $!", s_long);
        Assert.True(Runs(output.Output.Trim()));
        Process.GetProcessById(int.Parse(output.Output, System.Globalization.CultureInfo.InvariantCulture)).Kill();
    }

    [Fact]
    public async Task Who_is_asked_to_end_does()
    {
        using CancellationTokenSource asked = new();
        string file = Path.Combine(_directory, "began");
        Task<CniOutput> running = RunAsync($"touch {file}; sleep 1000", s_long, "", asked.Token);
        while (!File.Exists(file))
        {
            // It has a deadline of its own.
            Assert.False(running.IsCompleted, "the plug-in ended before it had begun");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await asked.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task A_program_that_cannot_be_run_is_named()
    {
        string path = Path.Combine(_directory, "no-program");
        await File.WriteAllTextAsync(path, "", TestContext.Current.CancellationToken);
        Assert.Contains(path, (await Assert.ThrowsAsync<CniException>(() => new CniProcess(_host, _events, s_long).RunAsync(path, [], "", CancellationToken.None))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Stragglers_are_found_by_their_environment()
    {
        string variable = $"CNI_CONTAINERID={Guid.NewGuid()}";
        ProcessStartInfo start = new("/bin/sh", ["-c", "setsid sleep 1000 & wait"]);
        start.Environment[variable.Split('=')[0]] = variable.Split('=')[1];
        using Process process = Process.Start(start)!;
        Assert.True(CniStragglers.Kill(variable));
        process.WaitForExit();
        Assert.True(CniStragglers.Kill(variable));
    }

    private static bool Runs(string pid) => Insula.Linux.Processes.ProcessStat.Read(int.Parse(pid, System.Globalization.CultureInfo.InvariantCulture)) is { IsZombie: false };

    private Task<CniOutput> RunAsync(string script, TimeSpan deadline, string input = "", CancellationToken ct = default)
    {
        string path = Path.Combine(_directory, "plugin");
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new CniProcess(_host, _events, deadline).RunAsync(path, ["PATH=/usr/bin:/bin", "CNI_COMMAND=ADD"], input, ct);
    }
}
