using Insula.Pods.Streaming;

namespace Insulad.Http.Logs;

/// <summary>
/// Writes the wanted part of a container's log to a stream, and follows it. A follower reads one file to its end before
/// it goes on to the next, known by inode, so a rotation loses and repeats nothing.
/// </summary>
internal sealed class LogStreamer(LogQuery query, LogWatcher watcher) : IDisposable
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly LogFormatter _formatter = new(query);
    private long _offset;
    private int _kept;

    public async Task RunAsync(PodLogFiles log, Stream output, CancellationToken ct)
    {
        using var chain = LogChain.TryOpen(log.Directory, log.Path);
        if (chain is null)
        {
            return;
        }

        // The watch stands before the first read: what is written from now on wakes us.
        using var changes = query.Follow && !log.Ended.IsCompleted ? chain.Watch(watcher) : null;
        var files = chain.OpenAll();
        LogFile? current = null;
        try
        {
            var skip = query.TailLines is { } lines ? LogTail.Find(files, lines) : (File: 0, Offset: 0L);
            for (var i = skip.File; i < files.Count && !_formatter.Done; i++)
            {
                _offset = i == skip.File ? skip.Offset : 0;
                _kept = 0;
                current = files[i];
                await DrainAsync(current, output, ct);
            }

            if (changes is not null)
            {
                current = await FollowAsync(chain, current, files, log.Ended, changes, output, ct);
            }
        }
        finally
        {
            current?.Dispose();
            files.ForEach(f => f.Dispose());
        }
    }

    public void Dispose() => _formatter.Dispose();

    private async Task<LogFile?> FollowAsync(
        LogChain chain, LogFile? current, List<LogFile> files, Task ended, LogWatcher.Subscription changes, Stream output, CancellationToken ct)
    {
        await output.FlushAsync(ct);
        while (!_formatter.Done)
        {
            // Asked before reading: when the end is known, what this round reads is all there is.
            var last = ended.IsCompleted;
            var before = _formatter.Written;
            while (true)
            {
                if (current is not null)
                {
                    await DrainAsync(current, output, ct);
                }

                var next = chain.After(current);
                if (next is null)
                {
                    break;
                }

                // Between the drain and the rename more may have been written to the old file.
                if (current is not null)
                {
                    await DrainAsync(current, output, ct);
                    if (!files.Contains(current))
                    {
                        current.Dispose();
                    }
                }

                current = next;
                _offset = 0;
                _kept = 0;
            }

            if (_formatter.Written != before)
            {
                await output.FlushAsync(ct);
            }

            if (last)
            {
                break;
            }

            await Task.WhenAny(changes.Changes.WaitToReadAsync(ct).AsTask(), ended);
            ct.ThrowIfCancellationRequested();
            while (changes.Changes.TryRead(out _))
            {
                // One look answers all signals so far.
            }

            if (changes.Changes.Completion.IsCompleted)
            {
                break;
            }
        }

        return current;
    }

    /// <summary>Reads to the present end of a file, leaving an unfinished line for later.</summary>
    private async Task DrainAsync(LogFile file, Stream output, CancellationToken ct)
    {
        int count;
        while (!_formatter.Done && (count = file.Read(_buffer.AsSpan(_kept), _offset)) > 0)
        {
            _offset += count;
            var available = _kept + count;
            var used = 0;
            int newline;
            while (!_formatter.Done && (newline = _buffer.AsSpan(used, available - used).IndexOf((byte)'\n')) >= 0)
            {
                _formatter.Add(_buffer.AsSpan(used, newline));
                used += newline + 1;
            }

            if (used == 0 && available == _buffer.Length)
            {
                // No record of ours is this long: whatever it is, it is not a line to keep waiting for.
                used = available;
            }

            _buffer.AsSpan(used, available - used).CopyTo(_buffer);
            _kept = available - used;
            await _formatter.WriteToAsync(output, ct);
        }
    }
}
