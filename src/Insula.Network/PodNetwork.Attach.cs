using System.Net;
using Insula.Linux;
using Insula.Linux.Netlink;
using Insula.Network.Links;

namespace Insula.Network;

public sealed partial class PodNetwork
{
    private PodAddresses AttachOwn(string sandboxId, Descriptor networkNamespace)
    {
        using (networkNamespace)
        {
            return Attach(sandboxId, networkNamespace);
        }
    }

    private PodAddresses Attach(string sandboxId, Descriptor networkNamespace)
    {
        while (true)
        {
            Allocation allocation = FindOrTake(sandboxId);
            lock (allocation.Gate)
            {
                if (allocation.Gone)
                {
                    continue;
                }

                // A running pod that is being adopted has its link already: that is not taken from it because looking at it failed.
                bool had = allocation.Created;
                try
                {
                    Connect(allocation, networkNamespace);
                    return allocation.Addresses;
                }
                catch (Exception e) when (e is NetlinkException or LinuxException or IOException)
                {
                    if (!had)
                    {
                        Undo(allocation);
                    }

                    throw new NetworkException($"sandbox {sandboxId} cannot be connected: {e.Message}", e);
                }
            }
        }
    }

    private Allocation FindOrTake(string sandboxId)
    {
        for (bool waited = false; ; waited = true)
        {
            lock (_lock)
            {
                if (_allocations.TryGetValue(sandboxId, out Allocation? known))
                {
                    return known;
                }

                if (Pool.TryTake() is { } slot)
                {
                    Failpoint.MayFail("network.attach.address-taken", () => new NetworkException("failpoint"));
                    Allocation allocation = new(sandboxId, slot, _names.Of(slot), Pool.AddressesOf(slot));
                    _allocations[sandboxId] = allocation;
                    return allocation;
                }

                if (waited || _ending.Count == 0)
                {
                    string stuck = _ending.Count > 0 ? $", {_ending.Count} of them by links that could not be removed" : "";
                    throw new NetworkException(
                        $"no address is free in the pod range {Pool.Range}: {Pool.Used} are in use{stuck}; delete pods, or configure a larger range");
                }
            }

            // Addresses that are on their way back; the other thread never waits for this one, and nobody else takes what it gives back.
            _detaching.RunAsync(EndLinks).GetAwaiter().GetResult();
        }
    }

    private void Connect(Allocation allocation, Descriptor networkNamespace)
    {
        RouteSocket host = _attaching.Routes;
        PodAddresses pod = allocation.Addresses;
        IReadOnlyList<IPAddress> hostAddresses = pod.Addresses.Count > 1 ? [Pool.HostAddress, Pool.HostAddressV6!] : [Pool.HostAddress];
        using RouteSocket inside = _attaching.Visit(networkNamespace, RouteSocket.Open);
        if (allocation.Created && PodLink.Configure(host, inside, pod.HostInterface, pod.Addresses, hostAddresses))
        {
            allocation.Complete = true;
            return;
        }

        if (allocation.Created)
        {
            // The link leads into another namespace than this one, or its end was taken away: a new one is made.
            allocation.Complete = false;
            PodLink.Disconnect(host, pod.Addresses);
            PodLink.Delete(host, [pod.HostInterface]);
        }

        allocation.Created = true;
        PodLink.Create(host, pod.HostInterface, new LinkAlias(pod.SandboxId, pod.Addresses), networkNamespace, _mtu);
        Failpoint.MayFail("network.attach.link-made");
        if (pod.Addresses.Count > 1)
        {
            _attaching.Visit(networkNamespace, RefuseAdvertisements);
        }

        if (!PodLink.Configure(host, inside, pod.HostInterface, pod.Addresses, hostAddresses))
        {
            throw new IOException($"the link {pod.HostInterface} was taken away while it was being configured");
        }

        Failpoint.MayFail("network.attach.configured");

        allocation.Complete = true;
    }

    /// <summary>A pod's routes are ours to give, whatever a neighbour advertises.</summary>
    private static bool RefuseAdvertisements()
    {
        File.WriteAllText($"/proc/sys/net/ipv6/conf/{PodLink.PodName}/accept_ra", "0");
        return true;
    }

    private void Undo(Allocation allocation)
    {
        try
        {
            Disconnect(_attaching.Routes, allocation);
        }
        catch (Exception e) when (e is NetlinkException or LinuxException)
        {
            // The address stays taken as long as the link may be there.
            Log.NotEnded(_logger, e, allocation.Addresses.HostInterface);
        }
    }

    private void Detach(string sandboxId)
    {
        if (_allocations.TryGetValue(sandboxId, out Allocation? allocation))
        {
            lock (allocation.Gate)
            {
                if (!allocation.Gone)
                {
                    Disconnect(_attaching.Routes, allocation);
                }
            }
        }
    }

    /// <summary>The quick part of an end, under the allocation's gate; the kernel's slow part follows on the other thread.</summary>
    private void Disconnect(RouteSocket routes, Allocation allocation)
    {
        allocation.Complete = false;
        PodLink.Disconnect(routes, allocation.Addresses.Addresses);
        Failpoint.MayFail("network.detach.disconnected");
        lock (_lock)
        {
            allocation.Gone = true;
            _allocations.TryRemove(allocation.Addresses.SandboxId, out _);
            _ending.Add(allocation);
        }

        _ = _detaching.RunAsync(EndLinks);
    }

    /// <summary>Removes the links of all that were disconnected, at once, and then gives their addresses back. Never throws.</summary>
    private void EndLinks()
    {
        Allocation[] ending;
        lock (_lock)
        {
            ending = [.. _ending];
        }

        Allocation[] ended = DeleteLinks(ending);
        foreach (Allocation allocation in ended)
        {
            ForgetConnections(allocation);
        }

        lock (_lock)
        {
            foreach (Allocation allocation in ended)
            {
                _ending.Remove(allocation);
                Pool.Release(allocation.Slot);
            }
        }
    }

    /// <summary>Together, and where that fails one by one, so that a link that cannot be removed keeps no address but its own. Returns those that are gone.</summary>
    private Allocation[] DeleteLinks(Allocation[] ending)
    {
        try
        {
            PodLink.Delete(_detaching.Routes, [.. ending.Select(a => a.Addresses.HostInterface)]);
            return ending;
        }
        catch (Exception e) when (e is NetlinkException or LinuxException)
        {
            if (ending.Length > 1)
            {
                return [.. ending.Where(a => DeleteLinks([a]).Length > 0)];
            }

            // The address stays taken as long as the link may be there; the next end, or reconciliation, tries again.
            Log.NotEnded(_logger, e, ending[0].Addresses.HostInterface);
            return [];
        }
    }

    /// <summary>
    /// The next pod with this address must not be taken for this one by a connection that outlived it. Where the kernel cannot do it, the
    /// entries run out by themselves.
    /// </summary>
    private void ForgetConnections(Allocation allocation) => ForgetConnections(allocation.Addresses.Addresses, allocation.Addresses.SandboxId);

    private void ForgetConnections(IReadOnlyList<IPAddress> addresses, string whose)
    {
        try
        {
            // Opened on this thread, which is at home in the host's namespace.
            using ConntrackSocket conntrack = ConntrackSocket.Open();
            foreach (IPAddress address in addresses)
            {
                conntrack.DeleteAllOf(address);
            }
        }
        catch (Exception e) when (e is NetlinkException or LinuxException)
        {
            Log.ConnectionsKept(_logger, e, whose);
        }
    }

    private void Reconcile(IReadOnlySet<string> live, CancellationToken cancellationToken)
    {
        RouteSocket routes = _detaching.Routes;
        foreach (string sandboxId in _allocations.Keys.Where(id => !live.Contains(id)).ToArray())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_allocations.TryGetValue(sandboxId, out Allocation? allocation))
            {
                lock (allocation.Gate)
                {
                    if (!allocation.Gone)
                    {
                        Log.Swept(_logger, allocation.Addresses.HostInterface);
                        Disconnect(routes, allocation);
                    }
                }
            }
        }

        EndLinks();

        foreach (Allocation allocation in _allocations.Values)
        {
            cancellationToken.ThrowIfCancellationRequested();
            lock (allocation.Gate)
            {
                if (!allocation.Gone && allocation.Complete)
                {
                    Repair(routes, allocation);
                }
            }
        }

        SweepUnknown(routes);
        LearnHost(routes);
    }

    private void Repair(RouteSocket routes, Allocation allocation)
    {
        PodAddresses pod = allocation.Addresses;
        if (routes.FindLink(pod.HostInterface) is not { } near)
        {
            Log.LinkLost(_logger, pod.HostInterface, pod.SandboxId);
            Disconnect(routes, allocation);
            return;
        }

        routes.Execute(PodLink.HostSide(
            near, pod.Addresses, pod.Addresses.Count > 1 ? [Pool.HostAddress, Pool.HostAddressV6!] : [Pool.HostAddress]));
    }

    /// <summary>Links of ours that no allocation stands for: left by an attach that could be neither finished nor undone.</summary>
    private void SweepUnknown(RouteSocket routes)
    {
        foreach (LinkInfo link in routes.GetLinks().Where(l => _names.IsOurs(l.Name)))
        {
            lock (_lock)
            {
                if (_allocations.Values.Concat(_ending).Any(a => a.Addresses.HostInterface == link.Name))
                {
                    continue;
                }
            }

            PodLink.Disconnect(routes, LinkAlias.Parse(link.Alias)?.Addresses ?? []);
            PodLink.Delete(routes, [link.Name]);
            Log.Swept(_logger, link.Name);
        }
    }
}
