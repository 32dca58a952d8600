using Insula.Api.Core;
using Insula.Pods.Lifecycle;
using Insula.Pods.Resizing;

namespace Insula.Pods.Scheduling;

/// <summary>
/// Keeps the claims of all pods and has <see cref="Placement"/> decide whenever one of them, or the machine, changes. It holds nothing that outlives the
/// daemon: the next one takes places from the pods' statuses and sandboxes.
/// </summary>
/// <param name="allocatable">What all pods together may claim; asked at each decision, since huge pages come and go.</param>
/// <param name="node">Whether the machine takes further pods; asked at each decision, so that none is made after a cordon was acknowledged as if before.</param>
/// <param name="tell">Tells a pod whether it has a place; called under the scheduler's lock, so that the order holds.</param>
/// <param name="displace">Has a pod end (first) to make room for another (second).</param>
/// <param name="reserve">Told what memory the pods of the class Guaranteed (first) and Burstable (second) hold, whenever that changes; null for nobody.</param>
internal sealed class Scheduler(
    Func<Amounts> allocatable, Func<NodeState> node, Action<string, PodFact> tell, Action<PodClaim, PodClaim> displace, Action<long, long>? reserve = null)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, PodClaim> _claims = [];
    private readonly Dictionary<string, string> _told = [];
    private (long Guaranteed, long Burstable)? _reserved;

    /// <summary>What all pods together may claim.</summary>
    public Amounts ReadAllocatable() => allocatable();

    /// <summary>Takes the claims of pods that came to be, those with places before the others.</summary>
    public void Add(params IReadOnlyCollection<PodClaim> claims)
    {
        lock (_lock)
        {
            foreach (var claim in claims)
            {
                _claims[claim.Uid] = claim;
            }

            Decide();
        }
    }

    /// <summary>A pod wants something else than before: one that has a place keeps what is set aside for it until there is room for that.</summary>
    /// <param name="wanted">Its claim, as its specification has it now.</param>
    /// <param name="since">Since when it wants that.</param>
    public void Want(PodClaim wanted, DateTimeOffset since)
    {
        lock (_lock)
        {
            if (!_claims.TryGetValue(wanted.Uid, out var claim))
            {
                return;
            }

            _told.Remove(wanted.Uid);
            _claims[wanted.Uid] = claim = claim with { Requests = wanted.Requests, Resources = wanted.Resources, ResizingSince = since };
            if (claim is { Stage: ClaimStage.Placed, IsResizing: false })
            {
                // As it was: nothing is pending any more.
                tell(claim.Uid, new PodFact.ResizeGranted(claim.Resources));
            }

            Decide();
        }
    }

    /// <summary>What a pod's containers are held to now.</summary>
    /// <param name="uid">The pod.</param>
    /// <param name="allocated">What was set aside for it when that was read: what was told before a later grant says nothing.</param>
    /// <param name="actual">What they are held to; nothing when that is what is set aside.</param>
    public void Holds(string uid, IReadOnlyDictionary<string, ResourceRequirements> allocated, Amounts actual)
    {
        lock (_lock)
        {
            if (_claims.TryGetValue(uid, out var claim) && claim.Actual != actual && claim.AllocatedResources is { } ours && Allocation.AreSame(ours, allocated))
            {
                _claims[uid] = claim with { Actual = actual };
                Decide();
            }
        }
    }

    /// <summary>The pod was deleted: one that waits needs no place any more, another keeps its own until it is gone.</summary>
    public void Leave(string uid)
    {
        lock (_lock)
        {
            if (_claims.TryGetValue(uid, out var claim) && claim.Stage != ClaimStage.Leaving)
            {
                if (claim.Stage == ClaimStage.Waiting)
                {
                    Forget(uid);
                }
                else
                {
                    _claims[uid] = claim with { Stage = ClaimStage.Leaving };
                }

                Decide();
            }
        }
    }

    /// <summary>The pod has ended, or is gone.</summary>
    public void Remove(string uid)
    {
        lock (_lock)
        {
            if (_claims.ContainsKey(uid))
            {
                Forget(uid);
                Decide();
            }
        }
    }

    /// <summary>Looks again at those that wait: the machine may take pods again.</summary>
    public void Look()
    {
        lock (_lock)
        {
            Decide();
        }
    }

    private void Forget(string uid)
    {
        _claims.Remove(uid);
        _told.Remove(uid);
    }

    private void Decide()
    {
        Place();
        var now = (Held(QosClasses.Guaranteed), Held(QosClasses.Burstable));
        if (_reserved != now)
        {
            _reserved = now;
            reserve?.Invoke(now.Item1, now.Item2);
        }

        // Each alone fits the machine, so that they do together.
        long Held(string qosClass) => _claims.Values.Where(c => c.Stage != ClaimStage.Waiting && c.QosClass == qosClass).Sum(c => c.Held.Memory);
    }

    private void Place()
    {
        if (!_claims.Values.Any(c => c.Stage == ClaimStage.Waiting || c.IsResizing))
        {
            return;
        }

        var placement = Placement.Decide(allocatable(), node(), _claims.Values);
        var (placed, waiting, victims) = placement;
        foreach (var claim in placement.Resized)
        {
            // What it had is free when its worker says that it is.
            _claims[claim.Uid] = claim with { Allocated = claim.Requests, AllocatedResources = claim.Resources, Actual = claim.Held };
            _told.Remove(claim.Uid);
            tell(claim.Uid, new PodFact.ResizeGranted(claim.Resources));
        }

        foreach (var (uid, why) in placement.Unresized)
        {
            if (_told.GetValueOrDefault(uid) != why.Reason)
            {
                _told[uid] = why.Reason;
                tell(uid, new PodFact.ResizeHeldBack(why));
            }
        }

        foreach (var claim in placed)
        {
            _claims[claim.Uid] = claim with { Stage = ClaimStage.Placed, AllocatedResources = claim.Resources, Allocated = claim.Requests };
            _told.Remove(claim.Uid);
            tell(claim.Uid, new PodFact.Placed { Resources = claim.Resources });
        }

        foreach (var (uid, why) in waiting)
        {
            if (_told.GetValueOrDefault(uid) != why.What)
            {
                _told[uid] = why.What;
                tell(uid, new PodFact.Unplaced(why.Message, why.IsNominated));
            }
        }

        foreach (var (uid, claim) in victims)
        {
            var victim = _claims[uid];
            _claims[uid] = victim with { Stage = ClaimStage.Leaving };
            _claims[claim.Uid] = claim with { Awaited = true };
            displace(victim, claim);
        }
    }
}
