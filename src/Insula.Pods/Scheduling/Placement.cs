using Insula.Api.Core;
using Insula.Pods.Resizing;

namespace Insula.Pods.Scheduling;

/// <summary>Who gets a place on the machine. Pure: what is allocatable and all claims in, what changes out.</summary>
/// <param name="Placed">Those that waited and get a place now.</param>
/// <param name="Waiting">Why the others go on waiting, by uid.</param>
/// <param name="Victims">Who has to go, by uid, for whom.</param>
public sealed record Placement(IReadOnlyList<PodClaim> Placed, IReadOnlyDictionary<string, Shortage> Waiting, IReadOnlyDictionary<string, PodClaim> Victims)
{
    /// <summary>Those that get what their containers' resources were changed to.</summary>
    public IReadOnlyList<PodClaim> Resized { get; init; } = [];

    /// <summary>Why the others do not, by uid.</summary>
    public IReadOnlyDictionary<string, PendingResize> Unresized { get; init; } = new Dictionary<string, PendingResize>();

    /// <summary>
    /// Decides, highest priority first and then by age. A pod that does not fit holds up nobody, unless room is being made for it: that
    /// is kept for it, also while those that go need their grace.
    /// </summary>
    /// <param name="allocatable">What all pods together may claim.</param>
    /// <param name="node">Whether the machine takes further pods, and which.</param>
    /// <param name="claims">All claims.</param>
    public static Placement Decide(Amounts allocatable, NodeState node, IReadOnlyCollection<PodClaim> claims)
    {
        ArgumentNullException.ThrowIfNull(claims);
        var free = claims.Where(c => c.Stage != ClaimStage.Waiting).Aggregate(allocatable, (left, c) => left - c.Held);
        var (resized, unresized, reserved) = Resize(allocatable, claims, ref free);
        var placed = new List<PodClaim>();
        var waiting = new Dictionary<string, Shortage>();
        var victims = new Dictionary<string, PodClaim>();

        // What becomes free when those that go are gone, less what it is kept for.
        var soon = claims.Where(c => c.Stage == ClaimStage.Leaving).Aggregate(free, (left, c) => left + c.Held);
        var kept = default(Amounts);
        foreach (var claim in claims.Where(c => c.Stage == ClaimStage.Waiting).OrderByDescending(c => c.Priority).ThenBy(c => c.CreatedAt).ThenBy(c => c.Uid, StringComparer.Ordinal))
        {
            if (node.Excludes(claim) is { } why)
            {
                waiting[claim.Uid] = why;
                continue;
            }

            // What others wait for to grow into is not free, but for one for whom room was made.
            var room = claim.Awaited ? free - kept : free - kept - reserved;
            if (claim.Requests.FitsIn(room))
            {
                placed.Add(claim);
                (free, soon) = (free - claim.Requests, soon - claim.Requests);
                continue;
            }

            var missing = claim.Requests.MissingIn(room, allocatable).ToList();
            var what = string.Join(", ", missing.Select(m => m.What));
            var said = $"0/1 nodes are available: {string.Join(", ", missing.Select(m => $"1 {m.What} ({m.Numbers})"))}.";
            var lesser = claim.Displaces ? claims.Where(c => c.Stage == ClaimStage.Placed && c.Priority < claim.Priority && !victims.ContainsKey(c.Uid)).ToList() : [];
            if (claim.Displaces && Displace(claim, soon - kept, lesser) is { } go && (go.Count > 0 || claim.Awaited))
            {
                go.ForEach(v => victims[v.Uid] = claim);
                soon = go.Aggregate(soon, (left, v) => left + v.Held);
                kept += claim.Requests;
                waiting[claim.Uid] = new(what + ", displacing", said + " Room is being made: pods of less priority have to end first.") { IsNominated = true };
            }
            else
            {
                waiting[claim.Uid] = new(what, said + " preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.");
            }
        }

        return new Placement(placed, waiting, victims) { Resized = resized, Unresized = unresized };
    }

    // Before those that have no place: by priority, quality of service and age of the wish, as a kubelet has it. What is told is in its words.
    private static (List<PodClaim> Resized, Dictionary<string, PendingResize> Unresized, Amounts Reserved) Resize(
        Amounts allocatable, IReadOnlyCollection<PodClaim> claims, ref Amounts free)
    {
        var resized = new List<PodClaim>();
        var unresized = new Dictionary<string, PendingResize>();
        var reserved = default(Amounts);
        foreach (var claim in claims.Where(c => c.IsResizing).OrderByDescending(c => c.Priority).ThenByDescending(c => c.QosClass == QosClasses.Guaranteed)
            .ThenBy(c => c.ResizingSince).ThenBy(c => c.Uid, StringComparer.Ordinal))
        {
            var wanted = claim.Requests.WhereMoreThan(claim.Held);
            var growth = Amounts.Most(claim.Requests, claim.Held) - claim.Held;

            // Room that was made for a more important pod is that one's.
            var room = claims.Where(c => c is { Stage: ClaimStage.Waiting, Awaited: true } && c.Priority > claim.Priority).Aggregate(free, (left, c) => left - c.Requests);
            if (!wanted.FitsIn(allocatable))
            {
                unresized[claim.Uid] = new(PodResizeReasons.Infeasible, $"Node didn't have enough capacity: {Missing(wanted, allocatable)}");
            }
            else if (growth.FitsIn(room))
            {
                resized.Add(claim);
                free -= growth;
            }
            else
            {
                unresized[claim.Uid] = new(PodResizeReasons.Deferred, $"Node didn't have enough resource: {Missing(wanted, room + claim.Held)}");
                reserved += growth;
            }
        }

        return (resized, unresized, reserved);

        string Missing(Amounts wanted, Amounts there) => string.Join(", ", wanted.MissingIn(there, allocatable).Select(m => $"{m.What} ({m.Numbers})"));
    }

    // Those that have to go for one, none when those that go already are enough; null when even all of them would not do.
    // They all go in thought, and come back one by one, the most important and oldest first, as long as there is room.
    private static List<PodClaim>? Displace(PodClaim claim, Amounts soon, List<PodClaim> lesser)
    {
        var free = lesser.Aggregate(soon, (left, c) => left + c.Held);
        if (!claim.Requests.FitsIn(free))
        {
            return null;
        }

        var go = new List<PodClaim>();
        foreach (var one in lesser.OrderByDescending(c => c.Priority).ThenBy(c => c.CreatedAt).ThenBy(c => c.Uid, StringComparer.Ordinal))
        {
            if (claim.Requests.FitsIn(free - one.Held))
            {
                free -= one.Held;
            }
            else
            {
                go.Add(one);
            }
        }

        return go;
    }
}
