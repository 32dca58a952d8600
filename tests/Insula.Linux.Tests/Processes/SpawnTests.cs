using System.Text;
using Insula.Linux.Events;
using Insula.Linux.LibC;
using Insula.Linux.Processes;

namespace Insula.Linux.Tests.Processes;

public sealed class SpawnTests : IDisposable
{
    private readonly EventLoop _loop = new();

    public void Dispose() => _loop.Dispose();

    [Fact]
    public async Task The_child_has_exactly_the_requested_descriptors_and_environment()
    {
        // Opened by shell-like means, without close-on-exec, as a careless library would leave it.
        using var leaky = Descriptor.Open("/dev/null", fcntl.O_RDONLY);
        Assert.Equal(0, fcntl.fcntl_(leaky, fcntl.F_SETFD, 0));
        var (output, status) = await RunAsync(
            "for f in /proc/self/fd/*; do echo ${f##*/}; done; env; pwd; cat <&4",
            new SpawnRequest { Arguments = [], Environment = ["A=b"] },
            out3: null,
            fd4: "hello");
        Assert.Equal(new ExitStatus(0, 0), status);
        var lines = output.Split('\n');

        // The glob's own directory is one more descriptor: the lowest that is free.
        Assert.Equal(["0", "1", "2"], lines[..3]);
        Assert.DoesNotContain($"{leaky.Value}", lines.SkipWhile(line => line.Length != 1).TakeWhile(line => line.Length is 1 or 2).Skip(6));
        Assert.Contains("A=b", lines);
        Assert.DoesNotContain(lines, line => line.StartsWith("PATH=/", StringComparison.Ordinal) && line.Contains("dotnet", StringComparison.Ordinal));
        Assert.Contains("/", lines);
        Assert.Contains("hello", lines);
    }

    [Fact]
    public async Task A_program_that_is_open_for_writing_for_a_moment_is_executed_after_it()
    {
        var program = Path.Combine(Path.GetTempPath(), $"insula-test-{Guid.NewGuid():n}");
        File.Copy("/bin/true", program);
        try
        {
            var writing = File.OpenWrite(program);
            var request = new SpawnRequest { Path = program, Arguments = ["true"] };
            var starting = Task.Run(() => Spawn.Start(request), TestContext.Current.CancellationToken);
            Assert.NotSame(starting, await Task.WhenAny(starting, Task.Delay(50, TestContext.Current.CancellationToken)));
            await writing.DisposeAsync();
            using var child = await starting;
            Assert.Equal(0, (await child.WaitAsync(_loop)).ShellCode);

            // One that somebody goes on writing is an error.
            await using var still = File.OpenWrite(program);
            Assert.Equal(Errno.ETXTBSY, Assert.Throws<LinuxException>(() => Spawn.Start(request)).Errno);
        }
        finally
        {
            File.Delete(program);
        }
    }

    [Fact]
    public async Task Signals_are_neither_blocked_nor_ignored()
    {
        var (output, _) = await RunAsync("cat /proc/self/status", new SpawnRequest { Arguments = [] });
        ulong Mask(string name) =>
            Convert.ToUInt64(output.Split('\n').Single(line => line.StartsWith($"{name}:", StringComparison.Ordinal)).Split('\t')[1], 16);

        // glibc leaves its two internal signals, 32 and 33, ignored in what it spawns; nobody else may use them.
        const ulong Internal = 0x180000000;
        Assert.Equal(0ul, Mask("SigBlk"));
        Assert.Equal(0ul, Mask("SigIgn") & ~Internal);
        Assert.Equal(0ul, Mask("SigCgt"));
    }

    [Fact]
    public async Task A_program_given_by_descriptor_runs_and_does_not_inherit_it()
    {
        using var shell = Descriptor.Open("/bin/sh", fcntl.O_PATH);
        var (output, status) = await RunAsync("readlink /proc/$$/exe; ls /proc/$$/fd | sort -n | tr '\\n' ' '; exit 3", new SpawnRequest { Arguments = [], Executable = shell });
        Assert.Equal(new ExitStatus(3, 0), status);
        Assert.Contains("sh", output.Split('\n')[0], StringComparison.Ordinal);
        Assert.DoesNotContain($" {shell.Value} ", $" {output.Split('\n')[1]} ", StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_end_by_signal_is_told_apart()
    {
        using var child = Spawn.Start(new SpawnRequest { Path = "/bin/sleep", Arguments = ["sleep", "60"] });
        Assert.Null(child.PidFd.TryReap());
        var exited = child.WaitAsync(_loop, TestContext.Current.CancellationToken);
        Assert.True(child.PidFd.Signal(signal.SIGKILL));
        var status = await exited;
        Assert.Equal(new ExitStatus(0, signal.SIGKILL), status);
        Assert.Equal(137, status.ShellCode);
        Assert.False(child.PidFd.Signal(signal.SIGKILL));
    }

    [Fact]
    public void What_cannot_be_executed_is_an_error()
    {
        var exception = Assert.Throws<LinuxException>(() => Spawn.Start(new SpawnRequest { Path = "/nonexistent", Arguments = ["x"] }));
        Assert.Equal(Errno.ENOENT, exception.Errno);
        Assert.Throws<ArgumentException>(() => Spawn.Start(new SpawnRequest { Path = "/bin/sh", Arguments = ["x", "a\0b"] }));
        Assert.Throws<ArgumentException>(() => Spawn.Start(new SpawnRequest { Arguments = ["x"] }));
    }

    [Fact]
    public async Task Swapped_descriptors_arrive_where_they_belong()
    {
        var (firstRead, firstWrite) = Descriptor.Pipe();
        var (secondRead, secondWrite) = Descriptor.Pipe();
        using (firstRead)
        using (secondRead)
        {
            // Targets 3 to 6 collide with the sources' own numbers, in whatever order they come.
            using var child = Spawn.Start(new SpawnRequest
            {
                Path = "/bin/sh",
                Arguments = ["sh", "-c", "echo one >&5; echo two >&6"],
                Descriptors = [null, null, null, null, null, secondWrite, firstWrite],
            });
            firstWrite.Dispose();
            secondWrite.Dispose();
            await child.WaitAsync(_loop, TestContext.Current.CancellationToken);
            Assert.Equal("two\n", Encoding.ASCII.GetString(firstRead.ReadToEnd()));
            Assert.Equal("one\n", Encoding.ASCII.GetString(secondRead.ReadToEnd()));
        }
    }

    private async Task<(string Output, ExitStatus Status)> RunAsync(string script, SpawnRequest request, Descriptor? out3 = null, string? fd4 = null)
    {
        var (read, write) = Descriptor.Pipe();
        using (read)
        {
            using var input = Linux.Memory.SealedMemFd.Create("input", Encoding.ASCII.GetBytes(fd4 ?? ""));
            ChildProcess child;
            using (write)
            {
                child = Spawn.Start(request with
                {
                    Path = request.Executable is null ? "/bin/sh" : null,
                    Arguments = ["sh", "-c", script],
                    Descriptors = fd4 is null ? [null, write] : [null, write, null, out3, input],
                });
            }

            using (child)
            {
                var output = Encoding.UTF8.GetString(read.ReadToEnd());
                return (output, await child.WaitAsync(_loop, TestContext.Current.CancellationToken));
            }
        }
    }
}
