using System.Threading.Channels;

namespace Insula.Store;

/// <summary>
/// Waits for a channel beside other things, as often as one likes: a wait that was not over is gone on with. To give it up and begin another each
/// time would cost an exception, in each loop that follows objects and at each of their changes.
/// </summary>
/// <typeparam name="T">What comes.</typeparam>
/// <param name="channel">The channel; nobody else waits for it.</param>
public sealed class PendingRead<T>(ChannelReader<T> channel)
{
    private Task<bool>? _waiting;

    /// <summary>Completes when there is something to read; false when nothing comes any more.</summary>
    public Task<bool> WaitAsync() => _waiting is { IsCompleted: false } waiting ? waiting : _waiting = channel.WaitToReadAsync(CancellationToken.None).AsTask();
}
