using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Linux.Processes;

namespace Insula.Linux.Tests.Processes;

public sealed class ThrowawayThreadTests
{
    // A working directory is inherited by the threads that a thread makes, as its namespaces are, and needs no root. Who queues what comes
    // after it is who the pool's next thread may be born of.
    [Fact]
    public async Task What_comes_after_it_is_not_queued_from_where_it_went()
    {
        var elsewhere = Directory.CreateTempSubdirectory("insula-elsewhere-").FullName;
        try
        {
            var queue = new Queue();
            using var gone = new ManualResetEventSlim();
            var result = ThrowawayThread.RunAsync("away", () =>
            {
                Assert.True(gone.Wait(TimeSpan.FromMinutes(1)));
                return Go(elsewhere);
            });
            var after = result.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, queue);
            gone.Set();
            await after;
            Assert.Equal(elsewhere, await result);
            Assert.Equal([Environment.CurrentDirectory], queue.From);
        }
        finally
        {
            Directory.Delete(elsewhere);
        }
    }

    [Fact]
    public async Task What_it_throws_is_thrown_to_who_waits() =>
        Assert.Equal("no", (await Assert.ThrowsAsync<InvalidOperationException>(() => ThrowawayThread.RunAsync<int>("away", () => throw new InvalidOperationException("no")))).Message);

    private static string Go(string directory)
    {
        Assert.Equal(0, sched.unshare(sched.CLONE_FS));
        using var there = Directories.Open(directory);
        Assert.Equal(0, unistd.fchdir(there));
        return WorkingDirectory();
    }

    private static string WorkingDirectory() => File.ResolveLinkTarget("/proc/thread-self/cwd", returnFinalTarget: false)!.FullName;

    /// <summary>Keeps in mind where those are who queue.</summary>
    private sealed class Queue : TaskScheduler
    {
        public List<string> From { get; } = [];

        protected override void QueueTask(Task task)
        {
            From.Add(WorkingDirectory());
            TryExecuteTask(task);
        }

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
