using System.Globalization;
using System.Net;
using Insula.Ingresses.Model;

namespace Insula.Ingresses.Runtime;

/// <summary>The commands that lead a running HAProxy to the pods there are. Pure.</summary>
public static class SlotPlan
{
    /// <summary>
    /// The commands; none when all is as it should be. The connections of who goes end by themselves. A backend that is not there, or has too few
    /// places, needs another configuration: what fits is done.
    /// </summary>
    /// <param name="backends">What there should be.</param>
    /// <param name="slots">What there is.</param>
    public static IReadOnlyList<string> Commands(IReadOnlyList<Backend> backends, IReadOnlyList<ServerSlot> slots)
    {
        ArgumentNullException.ThrowIfNull(backends);
        ArgumentNullException.ThrowIfNull(slots);
        var byBackend = slots.ToLookup(s => s.Backend);
        return [.. backends.SelectMany(backend => Commands(backend, [.. byBackend[backend.Name]]))];
    }

    private static IEnumerable<string> Commands(Backend backend, IReadOnlyList<ServerSlot> slots)
    {
        var wanted = backend.Endpoints.ToHashSet();
        var kept = new HashSet<IPEndPoint>();
        var (free, left) = (new List<ServerSlot>(), new List<ServerSlot>());
        foreach (var slot in slots)
        {
            if (!slot.InUse)
            {
                free.Add(slot);
            }
            else if (slot.Address is not { } address || !wanted.Contains(address) || !kept.Add(address))
            {
                left.Add(slot);
            }
        }

        // Who comes has its place before others go, as far as there are free ones: there is no moment without anybody.
        var come = backend.Endpoints.Where(e => !kept.Contains(e)).ToList();
        return
        [
            .. come.Zip(free, (pod, slot) => Starts(backend, pod, slot)).SelectMany(c => c),
            .. left.Select(slot => $"set server {backend.Name}/{slot.Name} state maint"),
            .. come.Skip(free.Count).Zip(left, (pod, slot) => Starts(backend, pod, slot)).SelectMany(c => c),
        ];
    }

    private static string[] Starts(Backend backend, IPEndPoint pod, ServerSlot slot) =>
    [
        string.Create(CultureInfo.InvariantCulture, $"set server {backend.Name}/{slot.Name} addr {pod.Address} port {pod.Port}"),
        $"set server {backend.Name}/{slot.Name} state ready",
    ];
}
