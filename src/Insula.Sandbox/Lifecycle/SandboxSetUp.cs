using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Linux.Files;
using Insula.Linux.Memory;
using Insula.Linux.Mounts;
using Insula.Sandbox.Containers;
using Insula.Sandbox.Plans;
using Insula.Sandbox.Shim;

namespace Insula.Sandbox.Lifecycle;

/// <summary>What a shim is asked to make of itself, with the descriptors that go along: prepared while it begins, sent when it answers.</summary>
internal sealed class SandboxSetUp(SandboxContext context, SandboxSpec spec) : IDisposable
{
    private readonly List<IDisposable> _held = [];
    private Descriptor? _words;
    private IReadOnlyList<Descriptor> _descriptors = [];

    /// <summary>Makes the pod's cgroups and the plan.</summary>
    /// <param name="shim">The shim's cgroup. In the cgroup2 hierarchy it was born there; into those of v1 it moves itself, which costs nothing there.</param>
    public void Prepare(CgroupPlacement shim)
    {
        context.Cgroups.Create(spec.CgroupParent, spec.PodSettings);
        var init = Hold(MakeInit());
        Failpoint.MayFail("sandbox.create.cgroups-made");
        using var pod = Directories.Open(spec.PodDirectory);
        using var layers = Directories.Open(spec.LayersDirectory);
        var plan = SandboxPlan.Build(
            spec,
            Hold(DetachedMount.Clone(pod)),
            Hold(DetachedMount.Clone(layers, flags: MountFlags.ReadOnly)),
            shim.V1Tasks,
            init is null ? null : new PlanPlacement(init.UnifiedDirectory, init.V1Tasks));
        _words = Hold(SealedMemFd.Create("sandbox-plan", plan.Words));
        _descriptors = plan.Descriptors;
    }

    /// <summary>Has the shim do it, and makes the place of the first container meanwhile.</summary>
    /// <returns>The container whose place was made; null when none was.</returns>
    public async Task<ExpectedContainer?> SendAsync(ShimClient client, SandboxRecord record, CancellationToken ct)
    {
        var doing = client.CallAsync($"sandbox '{spec.Id}'", ["setup"], [_words!, .. _descriptors], context.Options.LaunchTimeout, ct);
        ExpectedContainer? made = null;
        if (spec.First is { } first)
        {
            made = ContainerPlace.TryMake(context, record, first);
            Failpoint.Hit("sandbox.create.first-container-placed");
        }

        using var answer = await doing.ConfigureAwait(false);
        Failpoint.MayFail("sandbox.create.set-up");
        return made;
    }

    public void Dispose() => _held.ForEach(held => held.Dispose());

    private T Hold<T>(T disposable)
        where T : IDisposable?
    {
        if (disposable is not null)
        {
            _held.Add(disposable);
        }

        return disposable;
    }

    private CgroupPlacement? MakeInit()
    {
        if (spec.Pid != NamespaceMode.Pod)
        {
            return null;
        }

        var path = $"{spec.CgroupParent}/{SandboxPlace.InitCgroup}";
        context.Cgroups.Create(path, CgroupSettings.None);
        return context.Cgroups.OpenPlacement(path);
    }
}
