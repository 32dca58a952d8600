namespace Insula.Network.Cni;

/// <content>What goes on beside pods that come and go: DELs that failed, CHECK, STATUS and GC.</content>
public sealed partial class CniNetwork
{
    private void RetryLater(string sandboxId, TimeSpan first)
    {
        lock (_retries)
        {
            if (!_stopping.IsCancellationRequested && !_retries.ContainsKey(sandboxId))
            {
                _retries[sandboxId] = Task.Run(() => RetryAsync(sandboxId, first));
            }
        }
    }

    private async Task RetryAsync(string sandboxId, TimeSpan wait)
    {
        try
        {
            while (true)
            {
                await Task.Delay(wait, _time, _stopping.Token).ConfigureAwait(false);
                using (await _gates.EnterAsync(sandboxId).ConfigureAwait(false))
                {
                    if (await TryEndAsync(sandboxId).ConfigureAwait(false))
                    {
                        return;
                    }
                }

                wait = wait < _options.FirstRetry ? _options.FirstRetry : wait * 2 < _options.LongestRetry ? wait * 2 : _options.LongestRetry;
            }
        }
        catch (OperationCanceledException)
        {
            // The next daemon goes on.
        }
        finally
        {
            lock (_retries)
            {
                _retries.TryRemove(sandboxId, out _);
            }
        }
    }

    /// <summary>Whether an adopted pod's network is what it was, beside everything else: who waits for a plug-in that hangs is nobody.</summary>
    private async Task CheckAsync(CniAttachment attachment)
    {
        try
        {
            using IDisposable turn = await _gates.EnterAsync(attachment.SandboxId).ConfigureAwait(false);
            if (_records.Find(attachment.SandboxId) is { Ending: false } now)
            {
                await Task.Run(() => _chain.CheckAsync(now, _namespaces.Find(now.SandboxId), _stopping.Token), _stopping.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The daemon ends.
        }
        catch (CniException e)
        {
            Log.CheckFailed(_logger, attachment.SandboxId, e.Message);
            Troubled?.Invoke(attachment.SandboxId, e.Message);
        }
    }

    private async Task WatchAsync()
    {
        DateTimeOffset collect = _time.GetUtcNow();
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                (CniList list, string version) = await LookAsync(_stopping.Token).ConfigureAwait(false);
                if (_notReady is not null)
                {
                    Log.Ready(_logger, list.Name, version);
                    _notReady = null;
                }

                if (_time.GetUtcNow() >= collect && _records.All.All(a => a.Result is not null || a.Ending || IsMine(a.SandboxId)))
                {
                    collect = _time.GetUtcNow() + _options.CollectionPeriod;
                    await CollectAsync(list, version).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e)
            {
                // Nobody awaits this loop: what disturbs it is told by the node's condition, and looked at again.
                if (_notReady != e.Message)
                {
                    Log.NotReady(_logger, e.Message);
                    _notReady = e.Message;
                }
            }

            await Task.Delay(_options.StatusPeriod, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The list that holds now, if its plug-ins take pods.</summary>
    private async Task<(CniList List, string Version)> ReadyAsync(CancellationToken ct)
    {
        try
        {
            if (_notReady is not null)
            {
                // It may have become so since.
                return await LookAsync(ct).ConfigureAwait(false);
            }

            CniList list = CniListFile.Load(_options.ConfigurationDirectory!);
            return (list, await _chain.NegotiateAsync(list, _options.PluginDirectories, ct).ConfigureAwait(false));
        }
        catch (CniException e)
        {
            throw new CniException($"the CNI network is not ready: {e.Message}", e);
        }
    }

    private async Task<(CniList List, string Version)> LookAsync(CancellationToken ct)
    {
        CniList list = CniListFile.Load(_options.ConfigurationDirectory!);
        string version = await _chain.NegotiateAsync(list, _options.PluginDirectories, ct).ConfigureAwait(false);
        await _chain.StatusAsync(list, version, _options.PluginDirectories, ct).ConfigureAwait(false);
        return (list, version);
    }

    private async Task CollectAsync(CniList list, string version)
    {
        if (list.DisableGC || !CniVersions.HasGarbageCollection(version))
        {
            return;
        }

        // All turns: no ADD runs meanwhile that plug-ins are not told of.
        for (int turn = 0; turn < AtOnce; turn++)
        {
            await _adding.WaitAsync(_stopping.Token).ConfigureAwait(false);
        }

        try
        {
            await _chain.CollectAsync(
                list, version, _options.PluginDirectories, _records.All.Where(a => !a.Ending && a.List.Name == list.Name), _stopping.Token).ConfigureAwait(false);
        }
        catch (CniException e)
        {
            Log.NotCollected(_logger, list.Name, e.Message);
        }
        finally
        {
            _adding.Release(AtOnce);
        }
    }
}
