using System.Buffers.Binary;
using System.Threading.Channels;
using Insula.Linux;
using Insula.Linux.LibC;

namespace Insulad.Http.Logs;

/// <summary>
/// Wakes followers when something in a log directory changes. All share one inotify instance: a user may have 128.
/// </summary>
internal sealed class LogWatcher : IDisposable
{
    private const uint Mask = sys_inotify.IN_MODIFY | sys_inotify.IN_CREATE | sys_inotify.IN_MOVED_TO | sys_inotify.IN_DELETE_SELF;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, List<Channel<bool>>> _followers = [];
    private Descriptor? _inotify;

    /// <summary>A signal that is readable after every change in the directory. Dispose the subscription to end it.</summary>
    public Subscription Follow(string directory)
    {
        lock (_lock)
        {
            if (_inotify is null)
            {
                _inotify = Descriptor.FromResult(sys_inotify.inotify_init1(sys_inotify.IN_CLOEXEC), "inotify_init1");
                new Thread(Run) { IsBackground = true, Name = "log-watch" }.Start(_inotify);
            }

            var watch = sys_inotify.inotify_add_watch(_inotify, directory, Mask);
            if (watch < 0)
            {
                throw LinuxException.FromLastError("inotify_add_watch", directory);
            }

            if (!_followers.TryGetValue(watch, out var followers))
            {
                _followers[watch] = followers = [];
            }

            var signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
            followers.Add(signal);
            return new Subscription(this, watch, signal);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var signal in _followers.Values.SelectMany(f => f))
            {
                signal.Writer.TryComplete();
            }

            // The reading thread holds the descriptor until the process ends: nothing wakes a blocked read but an event.
            _followers.Clear();
        }
    }

    private void Run(object? state)
    {
        var inotify = (Descriptor)state!;
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var length = inotify.Read(buffer);
            lock (_lock)
            {
                // struct inotify_event: wd, mask, cookie, len, then len bytes of name.
                for (var at = 0; at + 16 <= length; at += 16 + BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(at + 12)))
                {
                    var watch = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(at));
                    Signal(watch);
                }
            }
        }
    }

    private void Signal(int watch)
    {
        // -1 says that the kernel's queue ran over: everybody looks.
        foreach (var signal in watch < 0 ? _followers.Values.SelectMany(f => f) : _followers.GetValueOrDefault(watch) ?? [])
        {
            signal.Writer.TryWrite(true);
        }
    }

    private void Unfollow(int watch, Channel<bool> signal)
    {
        lock (_lock)
        {
            if (_followers.TryGetValue(watch, out var followers) && followers.Remove(signal) && followers.Count == 0)
            {
                _followers.Remove(watch);

                // Fails when the directory is gone, and the watch with it.
                _ = sys_inotify.inotify_rm_watch(_inotify!, watch);
            }
        }
    }

    /// <summary>One follower's signal.</summary>
    internal sealed class Subscription(LogWatcher watcher, int watch, Channel<bool> signal) : IDisposable
    {
        public ChannelReader<bool> Changes => signal.Reader;

        public void Dispose() => watcher.Unfollow(watch, signal);
    }
}
