using Insula.Api.Core;
using Insula.Api.Values;
using Insula.Pods.Resizing;

namespace Insula.Pods.Tests.Lifecycle;

/// <summary>The groups of a pod as a kernel with cgroup v1 has them: none may have more time than the one above it.</summary>
internal sealed class KernelGroups
{
    private readonly Dictionary<string, GroupLimits> _containers = [];
    private GroupLimits _pod = new(0, null, null);

    public void MakePod(GroupLimits limits)
    {
        _containers.Clear();
        _pod = limits;
    }

    public void Start(string name, GroupLimits limits)
    {
        Assert.True(Fits(limits.CpuLimit, _pod.CpuLimit), $"{name} is started with {limits.CpuLimit} in a pod of {_pod.CpuLimit}");
        _containers[name] = limits;
    }

    /// <summary>A step, as far as its container lives.</summary>
    public void Write(ResizeStep step, IReadOnlyDictionary<string, int> alive)
    {
        if (step.Container is null)
        {
            _pod = _pod.With(step.Resource, step.Limits);
            Assert.All(_containers.Where(c => alive.ContainsKey(c.Key)), c => Assert.True(Fits(c.Value.CpuLimit, _pod.CpuLimit), $"the pod shrinks below {c.Key}"));
        }
        else if (alive.TryGetValue(step.Container, out var attempt) && attempt == step.Attempt)
        {
            _containers[step.Container] = _containers[step.Container].With(step.Resource, step.Limits);
            Assert.True(Fits(_containers[step.Container].CpuLimit, _pod.CpuLimit), $"{step.Container} grows over the pod");
        }
    }

    /// <summary>What an adopting daemon sees.</summary>
    public HeldGroups Shown => new((name, limits, resource) => Of(name).With(resource, limits) == Of(name), name => Of(name) with { CpuRequest = GroupLimits.Unknown });

    public GroupLimits Of(string? name) => name is null ? _pod : _containers[name];

    /// <summary>The pod with resources for all its containers, and some that restart for a change.</summary>
    public static Pod WithResources(Pod pod) => pod with
    {
        Metadata = pod.Metadata with { Generation = 1 },
        Spec = pod.Spec with
        {
            InitContainers = [.. pod.Spec.InitContainers.Select(c => c with { Resources = Amounts(2) })],
            Containers = [.. pod.Spec.Containers.Select(c => c with
            {
                Resources = Amounts(2),
                ResizePolicy = c.Name == "peer" && (c.RestartPolicy ?? pod.Spec.RestartPolicy) != RestartPolicies.Never
                    ? [new() { ResourceName = "memory", RestartPolicy = ResizeRestartPolicies.RestartContainer }] : [],
            })],
        },
    };

    /// <summary>The pod with other resources of a container.</summary>
    public static Pod Changed(Pod pod, int container, ResourceRequirements resources) => pod with
    {
        Metadata = pod.Metadata with { Generation = pod.Metadata.Generation + 1 },
        Spec = pod.Spec with { Containers = [.. pod.Spec.Containers.Select((c, i) => i == container ? c with { Resources = resources } : c)] },
    };

    /// <summary>Resources of a size.</summary>
    public static ResourceRequirements Amounts(int cpu, int memory = 2)
    {
        var amounts = new Dictionary<string, Quantity> { ["cpu"] = Quantity.FromMilli(cpu * 100), ["memory"] = Quantity.FromUnits(memory * 100) };
        return new ResourceRequirements { Requests = amounts, Limits = amounts };
    }

    private static bool Fits(long? part, long? whole) => whole is null || (part is not null && part <= whole);
}
