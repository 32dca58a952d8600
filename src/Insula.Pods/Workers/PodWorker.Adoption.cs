using Insula.Api.Pods;
using Insula.Network;
using Insula.Network.Policies;
using Insula.Pods.Launch;
using Insula.Pods.Lifecycle;
using Insula.Pods.Resizing;
using Insula.Linux.Kernel;
using Insula.Sandbox;

namespace Insula.Pods.Workers;

/// <content>What an earlier daemon left is taken over.</content>
internal sealed partial class PodWorker
{
    private const int AdoptionRetries = 3;
    private static readonly TimeSpan AdoptionRetryDelay = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Takes over what an earlier daemon left. Before <see cref="Start"/>; returns the id of the sandbox that lives, or null.
    /// </summary>
    /// <param name="sandboxes">The attempts of which something is left.</param>
    /// <param name="why">What a missing sandbox means: <c>SandboxDied</c> or <c>Rebooted</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<string?> AdoptAsync(IReadOnlyList<int> sandboxes, string why, CancellationToken cancellationToken)
    {
        var pod = _now.Pod;
        var now = _wallClock.Now;
        if (sandboxes.Count == 0)
        {
            _now = _now with { Seen = Adoption.WithAllocation(pod, Adoption.OfDead(pod, null, why, now, LeftLog)) };
            SandboxService.RemoveLayers(_places.Directory);
            return null;
        }

        var attempt = sandboxes.Max();
        foreach (var older in sandboxes.Where(a => a != attempt))
        {
            Run("remove an older sandbox", () => _actions.RemoveSandboxAsync(_places.SandboxId(older)));
        }

        // Until it is adopted, and if that fails, it is as good as dead: what ran in it counts, and is followed by other numbers.
        _now = _now with { Seen = Adoption.WithAllocation(pod, Adoption.OfDead(pod, attempt, why, now, LeftLog)) };
        var id = _places.SandboxId(attempt);
        var sandbox = await _services.Sandboxes.AdoptAsync(id, cancellationToken);
        if (sandbox is null)
        {
            return null;
        }

        _services.Claims.Adopt(pod);

        // Idempotent: gives what it has, or finishes what a killed daemon had begun.
        var attached = pod.Spec.HostNetwork ? null : await ConnectAsync(id, sandbox, cancellationToken);
        var addresses = attached?.Addresses ?? _services.Network.HostAddresses;
        if (_services.Policies is { } policies && !pod.Spec.HostNetwork)
        {
            await policies.AdmitAsync(id, PolicyPod.Of(pod, addresses), cancellationToken);
        }

        if (sandbox.Containers.Count == 0)
        {
            // The killed daemon may not have come to it; later they are the containers' to change.
            await NetworkSysctls.WriteAsync(sandbox.NetworkNamespace, PodSysctls.OfNetwork(pod.Spec, sandbox.UserIds));
        }

        if (!File.Exists(Path.Combine(_places.Directory, "etc", "resolv.conf")))
        {
            PodFiles.Write(pod, _places.Directory, addresses, _services.Options, attached?.Dns);
        }

        var listed = sandbox.Containers
            .Select(c => PodPlaces.ParseContainerId(c.Id) is { } parsed ? new Adoption.Listed(parsed.Name, parsed.Attempt, c.StartedAt, ContainerUserId.Status(c.User)) : null)
            .OfType<Adoption.Listed>()
            .ToList();
        Failpoint.Hit("pods.adopt.restored");
        var state = _state = OpenState(pod, attempt);
        var kept = new Adoption.Kept(_state.Counter, _state.BackOffOf, _state.IsOfSandbox)
        {
            WasBegun = state.WasBegun,
            IsRenewed = state.IsRenewed,
            Restart = state.Restart(),
            Stopped = (name, stopped) => state.Stopped(name, stopped, now),
            Restore = (name, running) => state.Restore(name, running, now),
        };

        // The written status may lack what an earlier daemon showed in its last moments.
        pod = pod with { Status = pod.Status with { Conditions = _state.Newer(pod.Status.Conditions) } };
        _now = _now with { Pod = pod };
        var seen = Adoption.OfLiving(pod, attempt, [.. addresses.Select(a => a.ToString())], listed, kept, now);
        foreach (var container in pod.Spec.All().Where(c => seen.Container(c.Name) is { IsLive: true, StopSignal: null }))
        {
            // An earlier daemon did not come to writing it, or did not know of it.
            seen = seen.With(container.Name, seen.Container(container.Name) with { StopSignal = StopSignals.NameOf(StopSignals.Of(container, _services.Images.Resolve(container.Image ?? ""))) });
        }

        seen = Adoption.WithAllocation(pod, seen);
        _now = _now with
        {
            Seen = Adoption.WithActual(pod, seen, ResizeWriter.Groups(sandbox, name => PodPlaces.ContainerId(name, seen.Container(name).Attempt), _services.Memory.For(pod))),
            Sandbox = sandbox,
        };
        if (!await _actions.RefreshAsync(Allocation.Apply(pod, seen.Allocated), sandbox, cancellationToken))
        {
            Post(new Message.Happened(new PodFact.ReferencesChanged())); // tried again when the worker runs
        }

        foreach (var (name, container) in seen.Containers.Where(c => c.Value.EverStarted))
        {
            _actions.Prune(name, container.Attempt);
            _launcher.ImageVolumes.Adopt(_places.SandboxRunDirectory(attempt), name, container.Attempt);
            if (container.SignalledAt is not null)
            {
                _signalled.Add((name, container.Attempt));
            }
        }

        _ = PumpAsync(sandbox, attempt);
        return id;
    }

    // Running containers are not given up because the kernel was short of something in the moment of the adoption.
    private async Task<PodAddresses> ConnectAsync(string id, PodSandbox sandbox, CancellationToken cancellationToken)
    {
        for (var more = AdoptionRetries; ; more--)
        {
            try
            {
                return await _services.Network.AttachAsync(id, NetworkNeeds.Of(_now.Pod, _services.Options), sandbox.NetworkNamespace, cancellationToken);
            }
            catch (NetworkException e) when (more > 0)
            {
                LogAction(_logger, _key.Namespace, _key.Name, "connect the running sandbox; it is tried again", e);
                await Task.Delay(AdoptionRetryDelay, _services.Clock, cancellationToken);
            }
        }
    }

    /// <summary>Tells of what is not right with the network of a sandbox.</summary>
    /// <param name="sandboxId">The sandbox; one that is not the pod's present one is of the past.</param>
    /// <param name="what">What is not right.</param>
    public void NetworkTroubled(string sandboxId, string what)
    {
        if (_now.Sandbox?.Id == sandboxId)
        {
            _services.Events.Warning(_now.Pod, null, "NetworkCheckFailed", "The pod's network is not what it was: " + what);
        }
    }

    private bool LeftLog(string container, int attempt) => LogRotation.Starts(_places.Directory, container).Contains(attempt);
}
