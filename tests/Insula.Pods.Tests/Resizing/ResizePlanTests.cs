using FsCheck;
using FsCheck.Fluent;
using Insula.Api.Core;
using Insula.Api.Values;
using Insula.Pods.Launch;
using Insula.Pods.Lifecycle;
using Insula.Pods.Resizing;

namespace Insula.Pods.Tests.Resizing;

public sealed class ResizePlanTests
{
    private static readonly PodMemory s_memory = new(MemoryQos.Off, QosClasses.Burstable, IsCritical: false);

    [Fact]
    public void The_pod_grows_first_and_shrinks_between_the_containers_that_shrink_and_those_that_grow()
    {
        var steps = Steps([("a", Of(cpu: 200, memory: 100), Of(cpu: 100, memory: 300)), ("b", Of(cpu: 100, memory: 200), Of(cpu: 150, memory: 100))]);
        Assert.Equal(["pod memory 400", "b memory 100", "a memory 300", "a cpu 100", "pod cpu 250", "b cpu 150"], steps);
    }

    [Fact]
    public void What_holds_is_not_written()
    {
        Assert.Empty(Steps([("a", Of(cpu: 100, memory: 100), Of(cpu: 100, memory: 100))]));
        Assert.Equal(["pod cpu 200", "a cpu 200"], Steps([("a", Of(cpu: 100, memory: 100), Of(cpu: 200, memory: 100))]));
    }

    [Fact]
    public void Requests_alone_are_a_change_of_cpu_and_none_that_shrinks()
    {
        var (had, gets) = (Of(cpu: 200), Of(cpu: 200) with { Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.FromMilli(50) } });
        Assert.Equal(["pod cpu 200", "a cpu 200"], Steps([("a", had, gets)]));
    }

    [Fact]
    public void A_container_that_restarts_is_not_written_to_and_the_pod_shrinks_when_it_has()
    {
        var (spec, seen) = Pod([("a", Of(memory: 300), Of(memory: 100)), ("b", Of(memory: 100), Of(memory: 200))]);
        spec = spec with { Containers = [spec.Containers[0] with { ResizePolicy = [new() { ResourceName = "memory", RestartPolicy = "RestartContainer" }] }, spec.Containers[1]] };
        Assert.Equal(["b memory 200"], Words(ResizePlan.Of(spec, seen)));
        seen = seen.With("b", seen.Container("b") with { Actual = Of(memory: 200) });
        Assert.Empty(ResizePlan.Of(spec, seen));
        Assert.True(ResizePlan.IsUnderWay(spec, seen));
        seen = seen.With("a", seen.Container("a") with { Actual = Of(memory: 100) });
        Assert.Equal(["pod memory 300"], Words(ResizePlan.Of(spec, seen)));
    }

    [Fact]
    public void A_start_that_is_not_answered_and_a_container_that_ends_keep_what_they_had_and_an_ended_one_counts_no_more()
    {
        foreach (var (stage, expected) in new (ContainerStage, string[])[]
            { (ContainerStage.Starting, []), (ContainerStage.Stopping, []), (ContainerStage.Killing, []), (ContainerStage.Exited, ["pod cpu 100"]) })
        {
            var (spec, seen) = Pod([("a", Of(cpu: 200), Of(cpu: 100))]);
            Assert.Equal(expected, Words(ResizePlan.Of(spec, seen.With("a", seen.Container("a") with { Stage = stage }))));
        }
    }

    [Fact]
    public void Nothing_is_written_where_there_is_no_sandbox_or_nothing_is_set_aside()
    {
        var (spec, seen) = Pod([("a", Of(cpu: 200), Of(cpu: 100))]);
        Assert.Empty(ResizePlan.Of(spec, seen with { Sandbox = seen.Sandbox with { Stage = SandboxStage.Dead } }));
        Assert.Empty(ResizePlan.Of(spec, seen with { Allocated = null }));
    }

    [Fact]
    public void No_limit_is_written_as_such()
    {
        Assert.Equal(-1, Change(new GroupLimits(100, null, null), "memory").MemoryMax);
        Assert.Equal(-1, Change(new GroupLimits(100, null, null), "cpu").CpuQuotaMicroseconds);
        Assert.Null(Change(new GroupLimits(100, 200, 300), "cpu").MemoryMax);

        // Nobody has so many processors; the kernel takes no more.
        Assert.Equal(10_000_000_000, Change(new GroupLimits(long.MaxValue, long.MaxValue, null), "cpu").CpuQuotaMicroseconds);
        Assert.Equal(262_144ul, Change(new GroupLimits(long.MaxValue, null, null), "cpu").CpuShares);
    }

    [Fact]
    public void A_request_of_memory_alone_is_a_change_of_what_is_protected()
    {
        var gets = Of(memory: 200) with { Requests = new Dictionary<string, Quantity> { ["memory"] = Quantity.FromUnits(50) } };
        Assert.Equal(["pod memory 200", "a memory 200"], Steps([("a", Of(memory: 200), gets)]));
    }

    /// <summary>Whatever changes into whatever, and wherever it breaks off: no container is allowed more than its pod, and all is done in the end.</summary>
    [Fact]
    public void No_container_is_ever_allowed_more_than_its_pod() => Prop.ForAll(
        Gen.ListOf(from before in Amounts() from after in Amounts() select (before, after)).Where(l => l.Count > 0).ToArbitrary(),
        changes =>
        {
            var (spec, seen) = Pod([.. changes.Select((c, i) => ($"c{i}", c.before, c.after))]);
            var pod = seen.Sandbox.Limits!;
            var containers = seen.Containers.ToDictionary(c => c.Key, c => GroupLimits.OfContainer(spec, c.Value.Actual!));
            var steps = ResizePlan.Of(spec, seen);
            foreach (var step in steps)
            {
                if (step.Container is null)
                {
                    pod = pod.With(step.Resource, step.Limits);
                }
                else
                {
                    containers[step.Container] = containers[step.Container].With(step.Resource, step.Limits);
                }

                Assert.All(containers.Values, c => Assert.True(Fits(c.CpuLimit, pod.CpuLimit) && Fits(c.Memory, pod.Memory), $"{step}"));
            }

            var done = PodReducer.Apply(PodReducer.Begin(seen, new PodAction.Resize(0, steps)), new PodFact.Resized(0, steps, null), DateTimeOffset.UnixEpoch, LifecycleRules.Default);
            Assert.False(ResizePlan.IsUnderWay(spec, done));
            Assert.Equal(GroupLimits.OfPod(Allocation.Apply(spec, done.Allocated)), pod);

            // A daemon that goes on from the middle comes to the same.
            var half = PodReducer.Apply(
                PodReducer.Begin(seen, new PodAction.Resize(0, steps)), new PodFact.Resized(0, [.. steps.Take(steps.Count / 2)], "why"), DateTimeOffset.UnixEpoch, LifecycleRules.Default);
            var rest = ResizePlan.Of(spec, half);
            Assert.Equal(steps.Skip(steps.Count / 2).Count(), rest.Count);
        }).QuickCheckThrowOnFailure();

    private static Insula.Linux.Cgroups.CgroupSettings Change(GroupLimits limits, string resource) =>
        ContainerResources.Change(limits, resource, s_memory, isPod: false);

    private static bool Fits(long? part, long? whole) => whole is null || part is null || part <= whole;

    private static Gen<ResourceRequirements> Amounts() =>
        from cpu in Gen.Choose(0, 4)
        from memory in Gen.Choose(0, 4)
        select Of(cpu * 100, memory * 100);

    private static ResourceRequirements Of(long cpu = 0, long memory = 0)
    {
        var limits = new Dictionary<string, Quantity>();
        if (cpu > 0)
        {
            limits["cpu"] = Quantity.FromMilli(cpu);
        }

        if (memory > 0)
        {
            limits["memory"] = Quantity.FromUnits(memory);
        }

        return new ResourceRequirements { Limits = limits, Requests = limits };
    }

    private static (PodSpec Spec, PodObservation Seen) Pod((string Name, ResourceRequirements Had, ResourceRequirements Gets)[] containers)
    {
        var spec = new PodSpec { Containers = [.. containers.Select(c => new Container { Name = c.Name, Image = "i", Resources = c.Gets })] };
        var had = containers.ToDictionary(c => c.Name, c => c.Had);
        return (spec, new PodObservation
        {
            Sandbox = new SandboxObservation { Stage = SandboxStage.Ready, Limits = GroupLimits.OfPod(Allocation.Apply(spec, had)) },
            Containers = containers.ToDictionary(c => c.Name, c => new ContainerObservation { Stage = ContainerStage.Running, EverStarted = true, Actual = c.Had }),
            Allocated = Allocation.Of(spec),
        });
    }

    private static IEnumerable<string> Steps((string Name, ResourceRequirements Had, ResourceRequirements Gets)[] containers)
    {
        var (spec, seen) = Pod(containers);
        return Words(ResizePlan.Of(spec, seen));
    }

    private static IEnumerable<string> Words(IReadOnlyList<ResizeStep> steps) => steps.Select(s => $"{s.Container ?? "pod"} {s.Resource} {s.Limits.LimitOf(s.Resource)}");
}
