using System.Diagnostics;
using System.Globalization;
using System.Net;
using Insula.Linux;
using Insula.Linux.Netlink;
using Insula.Network.Firewall;

namespace Insula.Network;

/// <content>
/// Puts the table back when somebody else takes it away or changes it, as <c>nft flush ruleset</c> does. Pods are cut off first, by a
/// transaction of a millisecond; then comes the table, then what Services and policies have in it, and then pods are connected again.
/// </content>
public sealed partial class PodNetwork
{
    private const int MostNames = 3;
    private const long InARow = 1000;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestTransaction = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    private readonly List<Func<CancellationToken, Task>> _contents = [];
    private TableMonitor? _tables;
    private NftSocket? _guardSocket;
    private volatile bool _closed;
    private volatile bool _anew;
    private volatile TaskCompletionSource? _restoring;

    /// <summary>Is told that somebody else has changed the table, and who, as far as it is known. Called from any thread.</summary>
    public Action<string>? Tampered { get; set; }

    private bool HasContents
    {
        get
        {
            lock (_contents)
            {
                return _contents.Count > 0;
            }
        }
    }

    /// <summary>A socket for changes of the table, which are not taken for somebody else's. On a thread that lives in the host's namespace.</summary>
    internal NftSocket OpenTables()
    {
        NftSocket socket = NftSocket.Open();
        _tables?.LeaveOut(socket);
        return socket;
    }

    /// <summary>Names what is to be called when the table was put back: it writes into it all that it has there.</summary>
    internal void AddContents(Func<CancellationToken, Task> write)
    {
        lock (_contents)
        {
            _contents.Add(write);
        }
    }

    /// <summary>Calls it no more.</summary>
    internal void RemoveContents(Func<CancellationToken, Task> write)
    {
        lock (_contents)
        {
            _contents.Remove(write);
        }
    }

    /// <summary>Completes at once, or, when the table is just being put back, when it is whole.</summary>
    internal Task WholeAsync(CancellationToken ct) => _restoring?.Task.WaitAsync(ct) ?? Task.CompletedTask;

    /// <summary>Whether a daemon ended while it was putting the table back.</summary>
    private bool IsClosed() => (_guardSocket ??= OpenTables()).ListChains(_names.Table).Contains(Ruleset.ClosedFrom);

    private async Task GuardAsync(TableMonitor monitor)
    {
        bool due = _closed;
        int row = 0;
        long restored = long.MinValue;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (!due)
                {
                    IReadOnlyList<TableChange>? changes = await monitor.NextAsync(_events, _stopping.Token).ConfigureAwait(false);
                    List<TableChange>? foreign = await _firewall.RunAsync(() => Judge(changes)).ConfigureAwait(false);
                    due = foreign is not null;
                    await TellAsync(monitor, foreign ?? []).ConfigureAwait(false);
                    row = due && restored != long.MinValue && Environment.TickCount64 - restored < InARow ? row + 1 : 0;
                }

                if (due)
                {
                    _restoring ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

                    // Once at once. Against somebody who does it again and again, pods stay cut off for longer and longer rather than the machine busy.
                    await PauseAsync(monitor, row).ConfigureAwait(false);
                    long begun = Stopwatch.GetTimestamp();
                    await RestoreAsync().ConfigureAwait(false);
                    Log.Restored(_logger, _names.Table, (long)Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
                    restored = Environment.TickCount64;
                    due = false;
                    Interlocked.Exchange(ref _restoring, null)?.TrySetResult();
                }
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                // Asked to stop.
            }
            catch (Exception e)
            {
                // Nobody awaits this loop while the daemon runs. What cannot be mended is made anew, and what was changed meanwhile is looked at.
                Log.NotRestored(_logger, _names.Table, e);
                _anew |= due;
                due = true;
                row++;
            }
        }

        _restoring?.TrySetCanceled();
    }

    /// <summary>Waits before the table is put back once more, and looks whether pods are still cut off. On the first time it does not wait.</summary>
    private async Task PauseAsync(TableMonitor monitor, int row)
    {
        if (row == 0)
        {
            return;
        }

        TimeSpan pause = TimeSpan.FromTicks(Math.Min(FirstPause.Ticks << Math.Min(row - 1, 16), LongestPause.Ticks));
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        over.CancelAfter(pause);
        while (!over.IsCancellationRequested)
        {
            try
            {
                IReadOnlyList<TableChange>? changes = await monitor.NextAsync(_events, over.Token).ConfigureAwait(false);
                await _firewall.RunAsync(() => Judge(changes)).ConfigureAwait(false);
                await Task.Delay(BetweenLooks, over.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested)
            {
                // The pause is over, or the daemon stops.
            }
        }

        _stopping.Token.ThrowIfCancellationRequested();
    }

    private async Task RestoreAsync()
    {
        await _firewall.RunAsync(() =>
        {
            Failpoint.MayFail("network.restore.closed");
            ApplyTable(anew: _anew);
            _anew = false;
            Interlocked.Increment(ref _replaced);
            Failpoint.MayFail("network.restore.table-applied");
        }).ConfigureAwait(false);
        Func<CancellationToken, Task>[] contents;
        lock (_contents)
        {
            contents = [.. _contents];
        }

        foreach (Func<CancellationToken, Task> write in contents)
        {
            await write(_stopping.Token).ConfigureAwait(false);
        }

        await _firewall.RunAsync(Reopen).ConfigureAwait(false);
    }

    /// <summary>
    /// What somebody else has changed, null for nothing, empty when it is not known; then pods are cut off at once. On the thread that writes
    /// the table, so that it is known which of the changes were its own.
    /// </summary>
    private List<TableChange>? Judge(IReadOnlyList<TableChange>? changes)
    {
        if (changes is null)
        {
            Log.Overrun(_logger, _names.Table);
            _table.ForgetAll();
            if ((_guardSocket ??= OpenTables()).ListChains(_names.Table).Count == 0)
            {
                Close();
            }

            return [];
        }

        List<TableChange> others = [.. changes.Where(c => !_table.IsOwn(c.Port))];
        foreach (TableChange end in changes.Where(IsEnd))
        {
            _table.Forget(end.Port);
        }

        if (others.All(IsEnd))
        {
            return null;
        }

        Close();
        return others;
    }

    /// <summary>Says who it was and what, for which the end of the transaction is waited for: the kernel tells of it in pieces.</summary>
    private async Task TellAsync(TableMonitor monitor, IReadOnlyList<TableChange> changes)
    {
        List<TableChange> all = [.. changes];
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        patience.CancelAfter(LongestTransaction);
        try
        {
            while (all.Where(c => !IsEnd(c)).Any(c => !all.Any(e => IsEnd(e) && e.Port == c.Port)))
            {
                IReadOnlyList<TableChange>? more = await monitor.NextAsync(_events, patience.Token).ConfigureAwait(false);
                all.AddRange(await _firewall.RunAsync(() => Judge(more)).ConfigureAwait(false) ?? []);
                all.AddRange((more ?? []).Where(e => IsEnd(e) && !all.Contains(e)));
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // Then it is not known who it was.
        }

        foreach (IGrouping<uint, TableChange> other in all.Where(c => !IsEnd(c)).GroupBy(c => c.Port))
        {
            string what = Describe([.. other], all.Find(c => IsEnd(c) && c.Port == other.Key));
            Log.Tampered(_logger, what);
            Tampered?.Invoke(what);
        }
    }

    private static bool IsEnd(TableChange change) => change.Message == nf_tables.NFT_MSG_NEWGEN;

    private string Describe(IReadOnlyList<TableChange> changes, TableChange? end)
    {
        string who = end is null ? "another program" : string.Create(CultureInfo.InvariantCulture, $"{end.Program} (process {end.ProcessId})");
        if (changes.Any(c => c.Message == nf_tables.NFT_MSG_DELTABLE))
        {
            return $"{who} deleted the nftables table {_names.Table}";
        }

        string[] names = [.. changes.Select(c => c.Name).Where(n => n.Length > 0).Distinct(StringComparer.Ordinal)];
        string of = names.Length == 0 ? "" : $": {string.Join(", ", names.Take(MostNames))}{(names.Length > MostNames ? $" and {names.Length - MostNames} more" : "")}";
        return $"{who} changed the nftables table {_names.Table}{of}";
    }

    private void Close()
    {
        try
        {
            (_guardSocket ??= OpenTables()).Execute(Ruleset.Closing(_names));
            _closed = true;
        }
        catch (NetlinkException e)
        {
            // What is there under these names is none of ours; a table that is made anew is closed from the beginning.
            Log.NotClosed(_logger, _names.Table, e);
            _closed = true;
            _anew = true;
        }
    }

    /// <summary>Ends what came in while nothing kept it out, and lets packets pass again.</summary>
    private void Reopen()
    {
        Failpoint.MayFail("network.restore.filled");
        if (!_closed)
        {
            return;
        }

        ForgetUninvited();
        HashSet<string> chains = [.. (_guardSocket ??= OpenTables()).ListChains(_names.Table)];
        NftBatch batch = new(_names.Table);
        foreach (string chain in (string[])[Ruleset.ClosedFrom, Ruleset.ClosedTo])
        {
            if (chains.Contains(chain))
            {
                batch.DeleteChain(chain);
            }
        }

        _guardSocket.Execute(batch);
        _closed = false;
        Failpoint.Hit("network.restore.reopened");
    }

    /// <summary>
    /// A connection from outside straight to a pod is let through by nothing but the table's absence; what is known as established would be let
    /// through from now on. Where the kernel cannot delete it, it ends when nothing is sent for a while.
    /// </summary>
    private void ForgetUninvited()
    {
        try
        {
            using ConntrackSocket conntrack = ConntrackSocket.Open();
            (byte, IPNetwork)[] families = [(rtnetlink.AF_INET, Pool.Range), .. Pool.RangeV6 is { } v6 ? [(rtnetlink.AF_INET6, v6)] : Array.Empty<(byte, IPNetwork)>()];
            foreach ((byte family, IPNetwork range) in families)
            {
                HashSet<IPAddress> local = [.. _firewall.Routes.GetAddresses(family).Select(a => a.Address)];
                conntrack.DeleteDirect(family, (client, server) => range.Contains(server) && !range.Contains(client) && !local.Contains(client));
            }
        }
        catch (Exception e) when (e is NetlinkException or LinuxException)
        {
            Log.ConnectionsKept(_logger, e, "of all");
        }
    }
}
