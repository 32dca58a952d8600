using Insula.Api.Core;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Resizing;

/// <summary>
/// From what holds to what is set aside, in an order in which no container is ever allowed more than its pod and no pod less than its containers
/// (KEP-1287): the pod first where it grows, then the containers that shrink, then the pod where it shrinks, then the containers that grow; memory before cpu. Pure.
/// </summary>
internal static class ResizePlan
{
    /// <summary>Whether a container that runs, or was stopped for it, has to be started anew to get what is set aside for it.</summary>
    public static bool Restarts(Container container, ContainerObservation seen, IReadOnlyDictionary<string, ResourceRequirements>? allocated) =>
        seen.Actual is { } actual && allocated?.GetValueOrDefault(container.Name) is { } wanted
        && container.ResizePolicy.Any(p => p.RestartPolicy == ResizeRestartPolicies.RestartContainer && !Allocation.AreSame(actual, wanted, p.ResourceName));

    /// <summary>Whether something else is set aside than holds.</summary>
    public static bool IsUnderWay(PodSpec spec, PodObservation seen) =>
        seen is { Allocated: { } allocated, Sandbox: { Stage: SandboxStage.Ready, Limits: { } limits } }
        && (limits != GroupLimits.OfPod(Allocation.Apply(spec, allocated))
            || seen.Containers.Any(c => c.Value is { IsLive: true, Actual: { } actual } && allocated.TryGetValue(c.Key, out var wanted) && !Allocation.AreSame(actual, wanted)));

    /// <summary>Whether the pod's own group has to grow first: what is started before would be allowed more than the pod.</summary>
    public static bool Grows(IReadOnlyList<ResizeStep> steps) => steps.Any(s => s is { Container: null, Shrinks: false });

    /// <summary>The steps; none when everything holds, or waits for the end of containers that are started anew.</summary>
    public static IReadOnlyList<ResizeStep> Of(PodSpec spec, PodObservation seen)
    {
        if (!IsUnderWay(spec, seen))
        {
            return [];
        }

        var allocated = seen.Allocated!;
        var before = seen.Sandbox.Limits!;
        var after = GroupLimits.OfPod(Allocation.Apply(spec, allocated));
        var changes = new List<ResizeStep>();
        var isAwaited = false;
        foreach (var container in spec.InitContainers.Concat(spec.Containers))
        {
            var now = seen.Container(container.Name);
            if (!now.IsLive || now.Actual is not { } actual || !allocated.TryGetValue(container.Name, out var wanted) || Allocation.AreSame(actual, wanted))
            {
                continue;
            }

            if (now.Stage != ContainerStage.Running || Restarts(container, now, allocated))
            {
                // It ends, or its start is not answered yet: until then it is allowed what it had.
                isAwaited = true;
                continue;
            }

            var (had, gets) = (GroupLimits.OfContainer(spec, actual), GroupLimits.OfContainer(spec, wanted));
            changes.AddRange(GroupLimits.Resources.Where(r => !Allocation.AreSame(actual, wanted, r))
                .Select(r => new ResizeStep(container.Name, now.Attempt, r, gets, Less(gets.LimitOf(r), had.LimitOf(r))) { Amounts = wanted }));
        }

        var steps = new List<ResizeStep>();
        foreach (var resource in GroupLimits.Resources)
        {
            var shrinks = Less(after.LimitOf(resource), before.LimitOf(resource));
            var pod = before.With(resource, after) == before || (shrinks && isAwaited) ? null : new ResizeStep(null, 0, resource, after, shrinks);
            var own = changes.Where(c => c.Resource == resource).ToList();
            steps.AddRange(pod is { Shrinks: false } ? [pod] : []);
            steps.AddRange(own.Where(c => c.Shrinks));
            steps.AddRange(pod is { Shrinks: true } ? [pod] : []);
            steps.AddRange(own.Where(c => !c.Shrinks));
        }

        return steps;
    }

    private static bool Less(long? after, long? before) => after is not null && (before is null || after < before);
}
