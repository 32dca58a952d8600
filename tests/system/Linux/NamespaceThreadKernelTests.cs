using Insula.Linux;
using Insula.Linux.Events;
using Insula.Linux.Kernel;
using Insula.Linux.LibC;
using Insula.Linux.Processes;

namespace Insula.SystemTests.Linux;

public sealed class NamespaceThreadKernelTests
{
    private const string Own = "/proc/thread-self/ns/net";

    [Fact]
    public async Task Work_runs_inside_and_the_thread_comes_back()
    {
        using var loop = new EventLoop();
        var (read, write) = Descriptor.Pipe();
        using var child = Spawn.Start(new SpawnRequest
        {
            Path = "/usr/bin/unshare",
            Arguments = ["unshare", "--net", "sh", "-c", "echo; exec sleep 1000"],
            Environment = ["PATH=/usr/bin:/bin"],
            Descriptors = [null, write],
        });
        write.Dispose();
        using (read)
        {
            Assert.Equal(1, read.Read(new byte[1]));
        }

        using (var other = Descriptor.Open($"/proc/{child.Pid}/ns/net", fcntl.O_RDONLY))
        using (var home = Descriptor.Open("/proc/self/ns/net", fcntl.O_RDONLY))
        using (var thread = new NamespaceThread())
        {
            var expected = File.ResolveLinkTarget($"/proc/{child.Pid}/ns/net", false)!.Name;
            var host = File.ResolveLinkTarget(Own, false)!.Name;
            Assert.NotEqual(host, expected);
            Assert.Equal(expected, await thread.RunAsync(other, ReadOwn));
            Assert.Equal(host, await thread.RunAsync(home, ReadOwn));
            await Assert.ThrowsAsync<InvalidOperationException>(() => thread.RunAsync<int>(other, () => throw new InvalidOperationException()));
            Assert.Equal(host, await thread.RunAsync(home, ReadOwn));
            Assert.Equal(host, ReadOwn());

            using var nonsense = Descriptor.Open("/dev/null", fcntl.O_RDONLY);
            Assert.Equal(Errno.EINVAL, (await Assert.ThrowsAsync<LinuxException>(() => thread.RunAsync(nonsense, ReadOwn))).Errno);
        }

        child.PidFd.Signal(signal.SIGKILL);
        Assert.Equal(signal.SIGKILL, (await child.WaitAsync(loop, TestContext.Current.CancellationToken)).Signal);

        static string ReadOwn() => File.ResolveLinkTarget(Own, false)!.Name;
    }

    [Fact]
    public void This_machine_has_everything_that_is_required() =>
        Assert.DoesNotContain(KernelFeatures.Probe(), feature => feature.Required && !feature.Available);
}
