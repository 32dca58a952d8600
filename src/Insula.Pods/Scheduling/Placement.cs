namespace Insula.Pods.Scheduling;

/// <summary>Who gets a place on the machine. Pure: what is allocatable and all claims in, what changes out.</summary>
/// <param name="Placed">Those that waited and get a place now.</param>
/// <param name="Waiting">Why the others go on waiting, by uid.</param>
/// <param name="Victims">Who has to go, by uid, for whom.</param>
public sealed record Placement(IReadOnlyList<PodClaim> Placed, IReadOnlyDictionary<string, Shortage> Waiting, IReadOnlyDictionary<string, PodClaim> Victims)
{
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
        var free = claims.Where(c => c.Stage != ClaimStage.Waiting).Aggregate(allocatable, (left, c) => left - c.Requests);
        var placed = new List<PodClaim>();
        var waiting = new Dictionary<string, Shortage>();
        var victims = new Dictionary<string, PodClaim>();

        // What becomes free when those that go are gone, less what it is kept for.
        var soon = claims.Where(c => c.Stage == ClaimStage.Leaving).Aggregate(free, (left, c) => left + c.Requests);
        var kept = default(Amounts);
        foreach (var claim in claims.Where(c => c.Stage == ClaimStage.Waiting).OrderByDescending(c => c.Priority).ThenBy(c => c.CreatedAt).ThenBy(c => c.Uid, StringComparer.Ordinal))
        {
            if (node.Excludes(claim) is { } why)
            {
                waiting[claim.Uid] = why;
                continue;
            }

            if (claim.Requests.FitsIn(free - kept))
            {
                placed.Add(claim);
                (free, soon) = (free - claim.Requests, soon - claim.Requests);
                continue;
            }

            var missing = claim.Requests.MissingIn(free - kept, allocatable).ToList();
            var what = string.Join(", ", missing.Select(m => m.What));
            var said = $"0/1 nodes are available: {string.Join(", ", missing.Select(m => $"1 {m.What} ({m.Numbers})"))}.";
            var lesser = claim.Displaces ? claims.Where(c => c.Stage == ClaimStage.Placed && c.Priority < claim.Priority && !victims.ContainsKey(c.Uid)).ToList() : [];
            if (claim.Displaces && Displace(claim, soon - kept, lesser) is { } go && (go.Count > 0 || claim.Awaited))
            {
                go.ForEach(v => victims[v.Uid] = claim);
                soon = go.Aggregate(soon, (left, v) => left + v.Requests);
                kept += claim.Requests;
                waiting[claim.Uid] = new(what + ", displacing", said + " Room is being made: pods of less priority have to end first.") { IsNominated = true };
            }
            else
            {
                waiting[claim.Uid] = new(what, said + " preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.");
            }
        }

        return new Placement(placed, waiting, victims);
    }

    // Those that have to go for one, none when those that go already are enough; null when even all of them would not do.
    // They all go in thought, and come back one by one, the most important and oldest first, as long as there is room.
    private static List<PodClaim>? Displace(PodClaim claim, Amounts soon, List<PodClaim> lesser)
    {
        var free = lesser.Aggregate(soon, (left, c) => left + c.Requests);
        if (!claim.Requests.FitsIn(free))
        {
            return null;
        }

        var go = new List<PodClaim>();
        foreach (var one in lesser.OrderByDescending(c => c.Priority).ThenBy(c => c.CreatedAt).ThenBy(c => c.Uid, StringComparer.Ordinal))
        {
            if (claim.Requests.FitsIn(free - one.Requests))
            {
                free -= one.Requests;
            }
            else
            {
                go.Add(one);
            }
        }

        return go;
    }
}
