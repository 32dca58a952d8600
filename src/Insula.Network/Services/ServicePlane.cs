using Insula.Linux;
using Insula.Linux.Netlink;
using Insula.Network.Host;
using Microsoft.Extensions.Logging;

namespace Insula.Network.Services;

/// <summary>
/// Leads connections to Services, node ports and host ports on to pods: keeps the kernel's maps as they should be. Each change is one
/// transaction. What the kernel holds is read from it at the first call, so that a new daemon changes nothing that is right.
/// </summary>
public sealed partial class ServicePlane : IServicePlane, IDisposable
{
    // Elements of one transaction, in bytes: it is in memory several times over.
    private const int LargestChange = 8 << 20;

    private readonly PodNetwork _network;
    private readonly ILogger _logger;
    private readonly NamespaceWorker _worker;
    private readonly Dictionary<string, IReadOnlyList<FrontendTargets>> _owners = [];
    private readonly Dictionary<Frontend, Wanted> _wanted = [];
    private readonly Dictionary<Frontend, List<string>> _waiting = [];
    private readonly Dictionary<PackedAddress, int> _targets = [];
    private readonly Dictionary<Frontend, int> _doors = [];
    private readonly Dictionary<int, int> _times = [];
    private readonly HashSet<PackedAddress> _changedTargets = [];
    private readonly Dictionary<PackedAddress, int> _alone = [];
    private readonly HashSet<PackedAddress> _changedAlone = [];
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private NftSocket? _socket;
    private ConntrackSocket? _conntrack;
    private KernelState? _kernel;
    private int _replaced;

    /// <summary>Prepares a plane; nothing is done before the first <see cref="ApplyAsync"/>.</summary>
    /// <param name="network">The network, which must have been started by then.</param>
    /// <param name="logger">Where to log.</param>
    public ServicePlane(PodNetwork network, ILogger<ServicePlane> logger)
    {
        ArgumentNullException.ThrowIfNull(network);
        _network = network;
        _logger = logger;
        _worker = new NamespaceWorker("services", network.HostNamespace);
        network.AddContents(WriteAnewAsync);
    }

    /// <inheritdoc/>
    public async Task ApplyAsync(IReadOnlyDictionary<string, IReadOnlyList<FrontendTargets>> changes, bool whole, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(changes);
        try
        {
            await _worker.RunAsync(() => Apply(changes, whole)).WaitAsync(ct).ConfigureAwait(false);
            if (whole)
            {
                _loaded.TrySetResult();
            }
        }
        catch (Exception e) when (e is NetlinkException or LinuxException or InvalidDataException)
        {
            throw new NetworkException($"services: {e.Message}", e);
        }
    }

    /// <summary>Ends the plane's thread; the kernel goes on as it is.</summary>
    public void Dispose()
    {
        _network.RemoveContents(WriteAnewAsync);
        _worker.Dispose();
        _socket?.Dispose();
        _conntrack?.Dispose();
    }

    // Somebody took away what was written; before anything was, there is nothing to write.
    private async Task WriteAnewAsync(CancellationToken ct)
    {
        await _loaded.Task.WaitAsync(ct).ConfigureAwait(false);
        await ApplyAsync(new Dictionary<string, IReadOnlyList<FrontendTargets>>(), whole: false, ct).ConfigureAwait(false);
    }

    private void Apply(IReadOnlyDictionary<string, IReadOnlyList<FrontendTargets>> changes, bool whole)
    {
        // Kept open: when one is closed, the kernel waits until nobody reads the tables any more.
        var socket = _socket ??= _network.OpenTables();
        var concerned = new HashSet<Frontend>();
        var gone = whole ? _owners.Keys.Except(changes.Keys).ToDictionary(o => o, _ => (IReadOnlyList<FrontendTargets>)[]) : [];
        foreach (var (owner, frontends) in changes.Concat(gone))
        {
            Note(owner, frontends, concerned);
        }

        Inherit(concerned);
        var replaced = _network.Replaced;
        var anew = replaced != _replaced || _kernel is null;
        if (anew)
        {
            _replaced = replaced;
            _kernel = KernelState.Read(socket, _network.Names.Table);
            concerned.UnionWith(_wanted.Keys);
            concerned.UnionWith(_kernel.Slots.Values.SelectMany(s => s.Keys));
            concerned.UnionWith(_kernel.Sticky.Values.SelectMany(s => s));
            concerned.UnionWith(_kernel.Doors.Union(_kernel.NodePorts));
            concerned.UnionWith(_kernel.Balanced.Union(_kernel.Guarded).Union(_kernel.Sources.Keys));
            _changedAlone.UnionWith(_kernel.Alone.Union(_alone.Keys));
            _changedTargets.UnionWith(_kernel.Hairpin.Union(_targets.Keys));
        }

        try
        {
            WriteRules(socket, anew);
            Write(socket, concerned);
        }
        catch
        {
            // What the kernel holds now is asked of it, not guessed.
            _kernel = null;
            throw;
        }
    }

    /// <summary>Notes what an owner wants. A frontend that two want is the first one's for as long as that wants it.</summary>
    private void Note(string owner, IReadOnlyList<FrontendTargets> frontends, HashSet<Frontend> concerned)
    {
        foreach (var before in _owners.GetValueOrDefault(owner) ?? [])
        {
            if (_wanted.TryGetValue(before.Frontend, out var wanted) && wanted.Owner == owner)
            {
                _wanted.Remove(before.Frontend);
                Count(wanted.Targets, -1);
                concerned.Add(before.Frontend);
            }
        }

        if (frontends.Count == 0)
        {
            _owners.Remove(owner);
        }
        else
        {
            _owners[owner] = frontends;
        }

        foreach (var now in frontends)
        {
            concerned.Add(now.Frontend);
            if (_wanted.TryAdd(now.Frontend, new(owner, now)))
            {
                Count(now, 1);
                continue;
            }

            LogTaken(now.Frontend.ToString(), _wanted[now.Frontend].Owner, owner);
            if (!_waiting.TryGetValue(now.Frontend, out var waiting))
            {
                _waiting[now.Frontend] = waiting = [];
            }

            waiting.Remove(owner);
            waiting.Add(owner);
        }
    }

    /// <summary>What its owner gave up goes to who has waited for it longest.</summary>
    private void Inherit(HashSet<Frontend> concerned)
    {
        foreach (var frontend in concerned.Where(f => _waiting.Count > 0 && !_wanted.ContainsKey(f) && _waiting.ContainsKey(f)).ToList())
        {
            var waiting = _waiting[frontend];
            while (!_wanted.ContainsKey(frontend) && waiting.Count > 0)
            {
                var heir = waiting[0];
                waiting.RemoveAt(0);
                if (_owners.GetValueOrDefault(heir)?.FirstOrDefault(f => f.Frontend == frontend) is { } now)
                {
                    _wanted[frontend] = new(heir, now);
                    Count(now, 1);
                }
            }

            if (waiting.Count == 0)
            {
                _waiting.Remove(frontend);
            }
        }
    }

    private void Count(FrontendTargets frontend, int change)
    {
        foreach (var target in frontend.Targets)
        {
            if (_network.IsPods(target.Address.ToAddress()))
            {
                Count(_targets, target.Address, change);
                _changedTargets.Add(target.Address);
            }
        }

        if (frontend.Kind != FrontendKind.ServiceAddress)
        {
            Count(_doors, frontend.Frontend.OfMachine, change);
        }

        if (frontend.IsForServicesAlone)
        {
            Count(_alone, frontend.Frontend.Address, change);
            _changedAlone.Add(frontend.Frontend.Address);
        }

        if (frontend.AffinitySeconds is { } seconds)
        {
            Count(_times, seconds, change);
        }
    }

    private static void Count<T>(Dictionary<T, int> counts, T what, int change)
        where T : notnull
    {
        var count = counts.GetValueOrDefault(what) + change;
        if (count == 0)
        {
            counts.Remove(what);
        }
        else
        {
            counts[what] = count;
        }
    }

    private void WriteRules(NftSocket socket, bool anew)
    {
        if (!anew && _times.Count == _kernel!.Sticky.Count && _times.Keys.All(_kernel.Sticky.ContainsKey))
        {
            return;
        }

        var times = _times.Keys.ToHashSet();
        var before = _kernel!.Sticky.Keys.ToHashSet();
        var batch = new NftBatch(_network.Names.Table);
        ServiceRules.Write(batch, times, before);
        socket.Execute(batch);
        Failpoint.Hit("services.rules.written");
        foreach (var seconds in before.Except(times))
        {
            _kernel.Sticky.Remove(seconds);
        }

        foreach (var seconds in times.Except(before))
        {
            _kernel.Sticky[seconds] = [];
        }
    }

    private void Write(NftSocket socket, HashSet<Frontend> concerned)
    {
        var kernel = _kernel!;
        var flows = new List<(Frontend Frontend, HashSet<Target> Before)>();
        var clients = new HashSet<int>();
        var changes = new ElementChanges();
        WriteHairpin(changes);
        WriteAlone(changes);
        foreach (var frontend in concerned)
        {
            if (frontend.Protocol == Frontend.UDP)
            {
                flows.Add((frontend, kernel.TargetsOf(frontend)));
            }

            WriteSlots(changes, frontend);
            WriteSticky(changes, frontend, clients);
            WriteDoors(changes, frontend);
            WriteBalanced(changes, frontend);
            if (changes.Length > LargestChange)
            {
                Send(socket, changes);
                changes = new ElementChanges();
            }
        }

        Send(socket, changes);
        ForgetClients(socket, clients);
        ForgetFlows(flows);
    }

    private void Send(NftSocket socket, ElementChanges changes)
    {
        var batch = new NftBatch(_network.Names.Table);
        changes.Write(batch);
        Failpoint.MayFail("services.change.sent", () => new NetworkException("failpoint"));
        socket.Execute(batch);
        Failpoint.Hit("services.change.done");
    }

    private void WriteSlots(ElementChanges changes, Frontend frontend)
    {
        var targets = _wanted.TryGetValue(frontend, out var wanted) ? wanted.Targets.Targets : [];
        var size = SlotTable.SizeFor(targets.Count);
        var family = ServiceElements.Of(frontend);
        foreach (var (other, slots) in _kernel!.Slots)
        {
            slots.TryGetValue(frontend, out var before);
            var after = other == size ? SlotTable.Fill(before, targets, size) : null;
            var gone = changes.Gone(family.Name(ServiceRules.SlotMap(other)), family.SlotLength);
            var come = changes.Come(family.Name(ServiceRules.SlotMap(other)), family.SlotLength, family.TargetLength);
            for (var i = 0; i < other; i++)
            {
                var old = before?[i] ?? default;
                var now = after?[i] ?? default;
                if (old == now)
                {
                    continue;
                }

                if (!old.IsNone)
                {
                    ServiceElements.PutSlot(gone, frontend, i);
                }

                if (!now.IsNone)
                {
                    ServiceElements.PutSlot(come, frontend, i);
                    ServiceElements.Put(come, now);
                }
            }

            if (after is null)
            {
                slots.Remove(frontend);
            }
            else
            {
                slots[frontend] = after;
            }
        }
    }

    private void WriteSticky(ElementChanges changes, Frontend frontend, HashSet<int> clients)
    {
        var wanted = _wanted.TryGetValue(frontend, out var found) ? found.Targets.AffinitySeconds : null;
        var family = ServiceElements.Of(frontend);
        foreach (var (seconds, frontends) in _kernel!.Sticky)
        {
            if (seconds == wanted && frontends.Add(frontend))
            {
                ServiceElements.Put(changes.Come(family.Name(ServiceRules.StickySet(seconds)), family.FrontendLength), frontend);
            }
            else if (seconds != wanted && frontends.Remove(frontend))
            {
                ServiceElements.Put(changes.Gone(family.Name(ServiceRules.StickySet(seconds)), family.FrontendLength), frontend);
                clients.Add(seconds);
            }
            else if (seconds == wanted)
            {
                clients.Add(seconds);
            }
        }
    }

    private void WriteDoors(ElementChanges changes, Frontend frontend)
    {
        // A host port at one address is a door for its port, too.
        var port = frontend.OfMachine;
        var family = ServiceElements.Of(frontend);
        Member(changes, _kernel!.Doors, family.Name(ServiceRules.DoorSet), port, _doors.ContainsKey(port), ServiceElements.PutPort, ServiceElements.PortLength);
        Member(
            changes, _kernel.NodePorts, family.Name(ServiceRules.NodePortSet), port,
            _wanted.TryGetValue(port, out var wanted) && wanted.Targets.Kind == FrontendKind.NodePort, ServiceElements.PutPort, ServiceElements.PortLength);
    }

    private void WriteHairpin(ElementChanges changes)
    {
        foreach (var address in _changedTargets)
        {
            if (_targets.ContainsKey(address) ? _kernel!.Hairpin.Add(address) : _kernel!.Hairpin.Remove(address))
            {
                var family = ServiceElements.Of(address);
                ServiceElements.PutHairpin(
                    _targets.ContainsKey(address)
                        ? changes.Come(family.Name(ServiceRules.HairpinSet), family.HairpinLength)
                        : changes.Gone(family.Name(ServiceRules.HairpinSet), family.HairpinLength),
                    address);
            }
        }

        _changedTargets.Clear();
    }

    private sealed record Wanted(string Owner, FrontendTargets Targets);

    [LoggerMessage(1, LogLevel.Warning, "{Frontend} leads to what {First} wants; {Second} wants it, too, and does not get it")]
    private partial void LogTaken(string frontend, string first, string second);

    [LoggerMessage(2, LogLevel.Warning, "connections to {Frontend} may go on where they should not: {Reason}")]
    private partial void LogFlows(string frontend, string reason);
}
