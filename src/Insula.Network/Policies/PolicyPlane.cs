using System.Net;
using Insula.Api.Core;
using Insula.Linux;
using Insula.Linux.Netlink;
using Insula.Network.Host;
using Insula.Network.Services;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insula.Network.Policies;

/// <summary>
/// Writes what NetworkPolicies mean into the instance's table. A pod's address leads to a chain, which it shares with all pods that the same
/// policies are about; who the peers of a rule are just now, sets say. Each change is one transaction.
/// </summary>
public sealed class PolicyPlane : IPolicyPlane, IDisposable
{
    private readonly PodNetwork _network;
    private readonly NamespaceWorker _worker;
    private readonly PolicyModel _model;
    private readonly PolicyTables _tables;
    private readonly OpenQuestions _questions;
    private readonly Dictionary<string, (PolicyPod Pod, PolicyImage Image)> _pods = new(StringComparer.Ordinal);
    private readonly Dictionary<IPAddress, string> _owners = [];
    private readonly TaskCompletionSource _loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private NftSocket? _socket;
    private IPAddress? _nameServer;
    private int? _written;
    private bool _applied;

    /// <summary>Prepares a plane; nothing is done before the first <see cref="ApplyAsync"/>.</summary>
    /// <param name="network">The network, which must have been started by then.</param>
    /// <param name="insulated">Whether pods that no policy is about are closed to other namespaces, and to what comes from outside by no Service.</param>
    /// <param name="logger">Where to log.</param>
    public PolicyPlane(PodNetwork network, bool insulated, ILogger<PolicyPlane>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        _network = network;
        _model = new(insulated);
        _questions = new(_model, logger ?? NullLogger<PolicyPlane>.Instance);
        _tables = new(_model);
        _worker = new NamespaceWorker("policies", network.HostNamespace);
        network.AddContents(WriteAnewAsync);
    }

    /// <inheritdoc/>
    public Task Loaded => _loaded.Task;

    /// <inheritdoc/>
    public Task AdmitAsync(string sandboxId, PolicyPod pod, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return RunAsync(transaction => Admit(sandboxId, pod, transaction), ct);
    }

    /// <inheritdoc/>
    public Task ForgetAsync(string sandboxId, CancellationToken ct) => RunAsync(transaction => Forget(sandboxId, transaction), ct);

    /// <inheritdoc/>
    public async Task ApplyAsync(PolicyChanges changes, bool whole, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(changes);
        await RunAsync(transaction => Apply(changes, whole, transaction), ct).ConfigureAwait(false);
        if (whole)
        {
            _loaded.TrySetResult();
        }
    }

    /// <summary>Ends the plane's thread; the kernel goes on as it is.</summary>
    public void Dispose()
    {
        _network.RemoveContents(WriteAnewAsync);
        _worker.Dispose();
        _socket?.Dispose();
        _questions.Dispose();
    }

    // Somebody took away what was written; before anything was, there is nothing to write.
    private async Task WriteAnewAsync(CancellationToken ct)
    {
        await Loaded.WaitAsync(ct).ConfigureAwait(false);
        await RunAsync(_ => { }, ct).ConfigureAwait(false);
    }

    private async Task RunAsync(Action<PolicyTransaction> change, CancellationToken ct)
    {
        try
        {
            await _worker.RunAsync(() =>
            {
                PolicyTransaction transaction = new();
                change(transaction);
                Write(transaction);
                _questions.Cut(_nameServer);
            }).WaitAsync(ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NetlinkException or LinuxException)
        {
            throw new NetworkException($"network policies: {e.Message}", e);
        }
    }

    private void Admit(string sandboxId, PolicyPod pod, PolicyTransaction transaction)
    {
        Forget(sandboxId, transaction);

        // Addresses are given again when the kernel has confirmed the link's end, which may be before its worker says so here.
        foreach (string former in pod.Addresses.Select(_owners.GetValueOrDefault).OfType<string>().Distinct().ToArray())
        {
            Forget(former, transaction);
        }

        foreach (IPAddress address in pod.Addresses)
        {
            _owners[address] = sandboxId;
        }

        PolicyImage image = _model.ImageOf(pod);
        _tables.Change(pod.Addresses, PolicyImage.Nothing, image, transaction);
        _pods[sandboxId] = (pod, image);
        _questions.Admit(sandboxId, pod, _nameServer);
    }

    private void Forget(string sandboxId, PolicyTransaction transaction)
    {
        if (!_pods.Remove(sandboxId, out var known))
        {
            return;
        }

        _questions.Forget(sandboxId);
        _tables.Change(known.Pod.Addresses, known.Image, PolicyImage.Nothing, transaction);
        foreach (IPAddress address in known.Pod.Addresses)
        {
            _owners.Remove(address);
        }
    }

    private void Apply(PolicyChanges changes, bool whole, PolicyTransaction transaction)
    {
        List<Policy> gone = [];
        bool all = false;
        if (whole)
        {
            _nameServer = changes.NameServer;
            _questions.LookAtAll();
            Forget(NameServerPod.Sandbox, transaction);
            if (_nameServer is { } address)
            {
                Admit(NameServerPod.Sandbox, new NameServerPod(address), transaction);
            }
        }

        foreach ((string key, NetworkPolicy? policy) in changes.Policies.Concat(whole ? Missing(_model.Keys, changes.Policies) : []))
        {
            (Policy? before, Policy? now) = _model.Put(key, policy);
            if (before == now)
            {
                continue;
            }

            all = true;
            if (before is not null)
            {
                gone.Add(before);
            }

            if (now is not null)
            {
                _tables.Add(now, transaction);
            }
        }

        foreach ((string name, IReadOnlyDictionary<string, string>? labels) in changes.Namespaces.Concat(whole ? Missing(_model.Namespaces, changes.Namespaces) : []))
        {
            all |= _model.Put(name, labels);
        }

        foreach ((string sandboxId, (PolicyPod pod, PolicyImage image)) in _pods.ToArray())
        {
            PolicyPod now = changes.Pods.TryGetValue(pod.Facts.Uid, out PodFacts? facts) ? pod with { Facts = facts } : pod;
            if (all || whole || now != pod)
            {
                PolicyImage next = _model.ImageOf(now);
                _tables.Change(now.Addresses, image, next, transaction);
                _pods[sandboxId] = (now, next);
                _questions.Look(sandboxId, now);
            }
        }

        gone.ForEach(policy => _tables.Remove(policy, transaction));
        if (whole)
        {
            _applied = true;
            _written = null;
        }
    }

    private static Dictionary<string, T?> Missing<T>(IEnumerable<string> known, Dictionary<string, T?> named)
        where T : class => known.Where(k => !named.ContainsKey(k)).ToDictionary(k => k, _ => (T?)null);

    private void Write(PolicyTransaction transaction)
    {
        // Until all is known, the kernel goes on with what an earlier daemon left.
        int replaced = _network.Replaced;
        if (!_applied || (_written == replaced && transaction.IsEmpty))
        {
            return;
        }

        // Kept open: when one is closed, the kernel waits until nobody reads the tables any more.
        NftSocket socket = _socket ??= _network.OpenTables();
        NftBatch batch = new(_network.Names.Table);
        if (_written == replaced)
        {
            transaction.Write(batch);
        }
        else
        {
            Clear(socket, batch);
            PolicyTransaction everything = _tables.All();
            if (_nameServer is { } address)
            {
                everything.AddElement(PolicyChains.NameServer, new PolicyElement(address));
            }

            everything.Write(batch);
        }

        // Should the kernel refuse, all is written anew the next time.
        _written = null;
        Failpoint.MayFail("policies.change.sent", () => new NetworkException("failpoint"));
        socket.Execute(batch);
        Failpoint.Hit("policies.change.done");
        _written = replaced;
    }

    private void Clear(NftSocket socket, NftBatch batch)
    {
        foreach (PolicyDirection direction in Enum.GetValues<PolicyDirection>())
        {
            batch.FlushElements(PolicyChains.Map(direction, v6: false)).FlushElements(PolicyChains.Map(direction, v6: true));
        }

        batch.FlushElements(PolicyChains.NameServer);
        foreach (string chain in socket.ListChains(_network.Names.Table).Where(PolicyChains.IsChain))
        {
            batch.DeleteChain(chain);
        }

        foreach (string set in socket.ListSets(_network.Names.Table).Where(s => Policy.IsSet(s) || PolicyModel.IsNamespaceSet(s)))
        {
            batch.DeleteSet(set);
        }
    }
}
