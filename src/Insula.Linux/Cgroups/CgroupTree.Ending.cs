using Insula.Linux.LibC;
using Insula.Linux.Processes;

namespace Insula.Linux.Cgroups;

public sealed partial class CgroupTree
{
    // v1 reports no emptiness and no group's becoming removable, so both are looked for again and again until the deadline.
    private static readonly TimeSpan _pollInterval = TimeSpan.FromMilliseconds(2);

    private static readonly TimeSpan _freezePatience = TimeSpan.FromMilliseconds(100);

    // The kernel tells of a change at most every 10 ms and defers the rest; when somebody else removes the group meanwhile, what
    // was deferred is never told, nor is the removal.
    private static readonly TimeSpan _lostEvent = TimeSpan.FromMilliseconds(50);

    /// <summary>Kills everything in the group and below it; completes when no process is left in it. One that is not there is fine.</summary>
    /// <exception cref="TimeoutException">Processes remain at the deadline (in uninterruptible sleep); the message names them.</exception>
    public async Task KillAsync(string path, TimeSpan deadline, CancellationToken cancellationToken = default)
    {
        using var timeout = new CancellationTokenSource(deadline, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            if (Unified is { } unified)
            {
                var directory = DirectoryOf(unified, path);
                var errno = _files.Write($"{directory}/cgroup.kill", "1");
                if (errno is not (Errno.None or Errno.ENOENT or Errno.ENODEV))
                {
                    throw new LinuxException("kill", directory, errno);
                }

                await WaitEmptyInAsync(directory, both.Token).ConfigureAwait(false);
            }
            else
            {
                await KillLegacyAsync(path, both.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Killing cgroup {path}: after {deadline.TotalSeconds:0.#} s {DescribeProcesses(path)}.");
        }
    }

    /// <summary>Completes when no process is left in the group or below it. One that is not there is fine.</summary>
    public async Task WaitEmptyAsync(string path, CancellationToken cancellationToken = default)
    {
        Check(path);
        if (Unified is { } unified)
        {
            await WaitEmptyInAsync(DirectoryOf(unified, path), cancellationToken).ConfigureAwait(false);
            return;
        }

        while (AllProcesses(path).Count > 0)
        {
            await Task.Delay(_pollInterval, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Removes the group and everything below it from all hierarchies, waiting while processes in it are ending; one that is not there is fine.
    /// It kills nothing.
    /// </summary>
    /// <exception cref="TimeoutException">It stayed busy until the deadline; the message names its processes.</exception>
    public async Task RemoveAsync(string path, TimeSpan deadline, CancellationToken cancellationToken = default)
    {
        using var timeout = new CancellationTokenSource(deadline, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            foreach (var hierarchy in _hierarchies)
            {
                var directory = DirectoryOf(hierarchy, path);
                if (hierarchy.Unified)
                {
                    if (TryRemove(directory))
                    {
                        continue;
                    }

                    await WaitEmptyInAsync(directory, both.Token).ConfigureAwait(false);
                }

                await RemoveBelowAsync(directory, both.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Removing cgroup {path}: after {deadline.TotalSeconds:0.#} s {DescribeProcesses(path)}.");
        }
    }

    private async Task RemoveBelowAsync(string directory, CancellationToken cancellationToken)
    {
        while (!TryRemove(directory))
        {
            var children = _files.Children(directory);
            foreach (var child in children)
            {
                await RemoveBelowAsync($"{directory}/{child}", cancellationToken).ConfigureAwait(false);
            }

            if (children.Count == 0)
            {
                // Ending processes leave a group a moment after the last event about them.
                await Task.Delay(_pollInterval, _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // False when there is something in it. Most often there is not: to try costs less than to ask.
    private bool TryRemove(string directory)
    {
        _handingOn.TryRemove(directory, out _);
        return _files.RemoveDirectory(directory) switch
        {
            Errno.None or Errno.ENOENT => true,
            Errno.EBUSY => false,
            var errno => throw new LinuxException("rmdir", directory, errno),
        };
    }

    private async Task WaitEmptyInAsync(string directory, CancellationToken cancellationToken)
    {
        Descriptor events;
        try
        {
            events = Descriptor.Open($"{directory}/cgroup.events", fcntl.O_RDONLY);
        }
        catch (LinuxException exception) when (exception.Errno is Errno.ENOENT or Errno.ENODEV)
        {
            return;
        }

        using (events)
        {
            // Reading arms the notification, so a change between the read and the wait is not missed.
            while (IsPopulated(events))
            {
                using var lookAgain = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                lookAgain.CancelAfter(_lostEvent);
                try
                {
                    await _loop.WaitPriorityAsync(events, lookAgain.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    continue;
                }
            }
        }
    }

    private static bool IsPopulated(Descriptor events)
    {
        try
        {
            return unistd.lseek(events, 0, 0) == 0
                && CgroupText.Field(System.Text.Encoding.ASCII.GetString(events.ReadToEnd()), "populated") == 1;
        }
        catch (LinuxException exception) when (exception.Errno == Errno.ENODEV)
        {
            return false;
        }
    }

    private async Task KillLegacyAsync(string path, CancellationToken cancellationToken)
    {
        var freezer = FindDirectory(path, "freezer");
        while (AllProcesses(path) is { Count: > 0 })
        {
            try
            {
                if (freezer is not null)
                {
                    // Frozen, a group cannot fork faster than it is killed.
                    await FreezeAsync(freezer).ConfigureAwait(false);
                }

                foreach (var pid in AllProcesses(path))
                {
                    using var process = PidFd.TryOpen(pid);
                    process?.Signal(signal.SIGKILL);
                }
            }
            finally
            {
                if (freezer is not null)
                {
                    // Signals are acted on when it thaws.
                    _files.Write($"{freezer}/freezer.state", "THAWED");
                }
            }

            await Task.Delay(_pollInterval, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    // Before the last process stands still, new ones appear behind the reader's back, and a fork bomb outlives round after round.
    // A process in uninterruptible sleep may never stand still: the others are killed without it. So short that nothing cancels it:
    // at the end of any deadline the group has been killed once.
    private async Task FreezeAsync(string freezer)
    {
        var state = $"{freezer}/freezer.state";
        _files.Write(state, "FROZEN");
        for (var waited = TimeSpan.Zero; waited < _freezePatience && _files.Read(state) == "FREEZING\n"; waited += _pollInterval)
        {
            await Task.Delay(_pollInterval, _time, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private HashSet<int> AllProcesses(string path)
    {
        var result = new HashSet<int>();
        foreach (var hierarchy in _hierarchies)
        {
            Collect(DirectoryOf(hierarchy, path), result);
        }

        return result;
    }

    private void Collect(string directory, HashSet<int> result)
    {
        result.UnionWith(CgroupText.Processes(_files.Read($"{directory}/cgroup.procs")));
        foreach (var child in _files.Children(directory))
        {
            Collect($"{directory}/{child}", result);
        }
    }

    private string DescribeProcesses(string path)
    {
        var processes = AllProcesses(path).Order().Select(pid => ProcessStat.Read(pid) is { } stat ? $"{pid} ({stat.Name}, state {stat.State})" : $"{pid}").ToArray();
        return processes.Length == 0 ? "it is still busy, though it has no processes" : $"these processes are left: {string.Join(", ", processes)}";
    }
}
