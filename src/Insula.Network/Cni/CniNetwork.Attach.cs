using System.Net;
using System.Net.Sockets;
using Insula.Linux;
using Insula.Linux.Netlink;
using Insula.Network.Links;

namespace Insula.Network.Cni;

/// <content>Sandboxes are connected and disconnected, one step after the other for each.</content>
public sealed partial class CniNetwork
{
    private async Task<PodAddresses> AttachAsync(string sandboxId, NetworkedPod pod, Descriptor networkNamespace)
    {
        using (networkNamespace)
        {
            using IDisposable turn = await _gates.EnterAsync(sandboxId).ConfigureAwait(false);
            CniAttachment? known = _records.Find(sandboxId);
            if (_host.Knows(sandboxId) || (known is null && !IsConfigured))
            {
                return await _host.AttachAsync(sandboxId, networkNamespace, CancellationToken.None).ConfigureAwait(false);
            }

            if (known is { Ending: false, Result: { } result })
            {
                // A running pod is adopted: it has what it has, and only what a boot takes or a mount namespace hides is made again.
                _namespaces.Pin(sandboxId, networkNamespace);
                await LetThroughAsync(result).ConfigureAwait(false);
                return AddressesOf(known, result);
            }

            if (!_takenUp)
            {
                // Nothing runs in such a sandbox yet, and the start of a daemon waits for no plug-in: they may hang.
                throw new NetworkException($"sandbox {sandboxId} was not connected by the daemon before, and a new one is made instead");
            }

            if (known is not null)
            {
                // An ADD that nobody knows the end of.
                await EndAsync(sandboxId).ConfigureAwait(false);
            }

            return IsConfigured
                ? await AddAsync(sandboxId, pod, networkNamespace).ConfigureAwait(false)
                : await _host.AttachAsync(sandboxId, networkNamespace, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<PodAddresses> AddAsync(string sandboxId, NetworkedPod pod, Descriptor networkNamespace)
    {
        using var asked = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        _adds[sandboxId] = asked;
        try
        {
            // Not while plug-ins are told what there is: this one would not be among it.
            await _adding.WaitAsync(asked.Token).ConfigureAwait(false);
            try
            {
                return await AddAsync(sandboxId, pod, networkNamespace, asked.Token).ConfigureAwait(false);
            }
            finally
            {
                _adding.Release();
            }
        }
        finally
        {
            _adds.TryRemove(sandboxId, out _);
        }
    }

    private async Task<PodAddresses> AddAsync(string sandboxId, NetworkedPod pod, Descriptor networkNamespace, CancellationToken ct)
    {
        (CniList list, string version) = await ReadyAsync(ct).ConfigureAwait(false);
        CniAttachment attachment = new()
        {
            SandboxId = sandboxId,
            List = list,
            Version = version,
            Directories = _options.PluginDirectories,
            Interface = PodLink.PodName,
            Arguments = CniCapabilities.Arguments(pod, sandboxId),
            Capabilities = CniCapabilities.Of(pod),
        };
        try
        {
            Claim(sandboxId);
            _records.Put(attachment);
            Failpoint.MayFail("cni.attach.intended");
            string netns = _namespaces.Pin(sandboxId, networkNamespace);
            Failpoint.MayFail("cni.attach.pinned");
            await _worker.RunAsync(() => RaiseLoopback(networkNamespace)).ConfigureAwait(false);
            CniResult result = await _chain.AddAsync(attachment, netns, ct).ConfigureAwait(false);
            Failpoint.MayFail("cni.attach.added");
            Check(result);
            attachment = attachment with { Result = result };
            _records.Put(attachment);
            Failpoint.MayFail("cni.attach.recorded");
            await LetThroughAsync(result).ConfigureAwait(false);
            Failpoint.MayFail("cni.attach.let-through");
            return AddressesOf(attachment, result);
        }
        catch (Exception e)
        {
            // Whatever it was: what the plug-ins have done is undone, with time of its own, now or later. One may still run that could not be ended.
            Disclaim(sandboxId);
            if (_records.Find(sandboxId) is not null && !_stopping.IsCancellationRequested && !await TryEndAsync(sandboxId).ConfigureAwait(false))
            {
                RetryLater(sandboxId, _options.FirstRetry);
            }

            throw e is CniException or IOException or OperationCanceledException or NetlinkException ? e : new NetworkException(e.Message, e);
        }
    }

    private bool RaiseLoopback(Descriptor networkNamespace)
    {
        using RouteSocket inside = _worker.Visit(networkNamespace, RouteSocket.Open);
        inside.Execute(new RouteBatch().SetUp("lo"));
        return true;
    }

    private void Check(CniResult result)
    {
        if (result.Addresses.Count == 0 || result.Addresses[0].AddressFamily != AddressFamily.InterNetwork)
        {
            throw new CniException("the network has given the pod no IPv4 address, which pods have here");
        }

        foreach (IPAddress address in result.Addresses)
        {
            if (_host.Ranges.FirstOrDefault(r => r.Contains(address)) is { PrefixLength: > 0 } range)
            {
                throw new CniException($"the network has given the pod the address {address}, which is of the range {range} of this daemon's own pods or Services: configure another subnet, or another pod-range or service-range");
            }
        }
    }

    private Task LetThroughAsync(CniResult result) => _host.AdmitForeignAsync(result.Addresses);

    private async Task DetachAsync(string sandboxId)
    {
        using IDisposable turn = await _gates.EnterAsync(sandboxId).ConfigureAwait(false);
        try
        {
            await EndAsync(sandboxId).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Whether or not the one who asked comes back.
            RetryLater(sandboxId, _options.FirstRetry);
            throw;
        }
    }

    /// <summary>DEL by the record; the sandbox's turn is held. Nothing to do without one.</summary>
    private async Task EndAsync(string sandboxId)
    {
        if (_records.Find(sandboxId) is not { } attachment)
        {
            return;
        }

        if (!attachment.Ending)
        {
            attachment = attachment with { Ending = true };
            _records.Put(attachment);
        }

        Failpoint.MayFail("cni.detach.intended");
        if (!IsMine(sandboxId) && !await Task.Run(() => CniStragglers.Kill($"CNI_CONTAINERID={sandboxId}")).ConfigureAwait(false))
        {
            throw new CniException("a plug-in that was started for it before does not end");
        }

        // Before the plug-ins give the address to the next one.
        IReadOnlyList<IPAddress> addresses = attachment.Result?.Addresses ?? [];
        await _host.DismissForeignAsync(addresses).ConfigureAwait(false);
        try
        {
            await _chain.DeleteAsync(attachment, _namespaces.Find(sandboxId), CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            // The next time it is looked for who could not be ended.
            Disclaim(sandboxId);
            throw;
        }

        Failpoint.MayFail("cni.detach.deleted");
        _namespaces.Unpin(sandboxId);
        Failpoint.MayFail("cni.detach.unpinned");
        _records.Remove(sandboxId);
        Failpoint.MayFail("cni.detach.forgotten");
        Disclaim(sandboxId);
    }

    /// <summary>The same for whom nobody waits; the sandbox's turn is held. False when it did not work yet.</summary>
    private async Task<bool> TryEndAsync(string sandboxId)
    {
        try
        {
            await EndAsync(sandboxId).ConfigureAwait(false);
            return true;
        }
        catch (Exception e)
        {
            // Whatever it was: it is tried again, by this daemon or by the next.
            Log.NotEnded(_logger, sandboxId, _records.PathOf(sandboxId), e.Message);
            return false;
        }
    }

    private void Claim(string sandboxId)
    {
        lock (_mine)
        {
            _mine.Add(sandboxId);
        }
    }

    private void Disclaim(string sandboxId)
    {
        lock (_mine)
        {
            _mine.Remove(sandboxId);
        }
    }

    /// <summary>Whether this daemon has called its ADD, so that it knows that no plug-in of it runs any more.</summary>
    private bool IsMine(string sandboxId)
    {
        lock (_mine)
        {
            return _mine.Contains(sandboxId);
        }
    }
}
