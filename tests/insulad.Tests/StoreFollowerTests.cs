using Insulad.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insulad.Tests;

public sealed class StoreFollowerTests
{
    [Fact]
    public async Task What_the_disk_refuses_is_begun_anew_and_ends_nothing()
    {
        using var follower = new Refused(new IOException("No space left on device"));
        await follower.StartAsync(CancellationToken.None);
        await follower.BegunAnew.WaitAsync(TimeSpan.FromSeconds(30));
        await follower.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task What_nobody_foresaw_is_told_to_the_host()
    {
        using var follower = new Refused(new ArithmeticException("a fault"));
        await follower.StartAsync(CancellationToken.None);
        await Assert.ThrowsAsync<ArithmeticException>(() => follower.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private sealed class Refused(Exception first) : StoreFollower("the test", TimeProvider.System, NullLogger.Instance)
    {
        private readonly TaskCompletionSource _begunAnew = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _refused;

        public Task BegunAnew => _begunAnew.Task;

        protected override async Task RunAsync(CancellationToken ct)
        {
            if (!_refused)
            {
                _refused = true;
                throw first;
            }

            _begunAnew.TrySetResult();
            await Task.Delay(Timeout.Infinite, ct);
        }
    }
}
