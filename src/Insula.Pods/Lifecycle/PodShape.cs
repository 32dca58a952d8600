using Insula.Api.Core;

namespace Insula.Pods.Lifecycle;

/// <summary>A pod's containers with the part each plays.</summary>
internal sealed class PodShape
{
    public PodShape(PodSpec spec)
    {
        Spec = spec;
        Init = spec.InitContainers;
        Main = spec.Containers;
        Ephemeral = spec.EphemeralContainers;
        RestartPolicy = spec.RestartPolicy ?? RestartPolicies.Always;
    }

    public PodSpec Spec { get; }

    public IReadOnlyList<Container> Init { get; }

    public IReadOnlyList<Container> Main { get; }

    /// <summary>Those added for debugging: on nothing of the pod's state have they any influence.</summary>
    public IReadOnlyList<Container> Ephemeral { get; }

    public string RestartPolicy { get; }

    public TimeSpan Grace => TimeSpan.FromSeconds(Spec.TerminationGracePeriodSeconds ?? 30);

    public IEnumerable<Container> All => Init.Concat(Main).Concat(Ephemeral);

    /// <summary>A sidecar: an init container that stays (KEP-753).</summary>
    public static bool IsSidecar(Container init) => init.RestartPolicy == RestartPolicies.Always;

    /// <summary>Whether a rule of some container asks for the restart of all.</summary>
    public bool MayRestartAll => All.Any(c => c.RestartPolicyRules.Any(r => r.Action == RestartRuleActions.RestartAllContainers));

    /// <summary>Whether the end of a container asks for the restart of all. One that is our doing, to change the image or for such a restart, does not.</summary>
    public static bool AsksForAll(Container container, ContainerExit exit) =>
        exit.Cause is not (StopCause.ImageChange or StopCause.Resize or StopCause.RestartAll) && RuleOf(container, exit) is { Action: RestartRuleActions.RestartAllContainers };

    /// <summary>Whether a container that ended shall run again: by its rules, else its own policy, else the pod's.</summary>
    public bool RestartsAfter(Container container, ContainerExit exit)
    {
        if (exit.Cause is StopCause.ImageChange or StopCause.Resize or StopCause.RestartAll || RuleOf(container, exit) is not null)
        {
            return true;
        }

        return (container.RestartPolicy ?? RestartPolicy) switch
        {
            RestartPolicies.Always => true,
            RestartPolicies.OnFailure => exit.ExitCode != 0 || exit.WantsReplacement,
            _ => false,
        };
    }

    private static ContainerRestartRule? RuleOf(Container container, ContainerExit exit) => container.RestartPolicyRules.FirstOrDefault(r => r.Fits(exit.ExitCode));

    /// <summary>Whether an init container has done what it is there for: a sidecar has started, another has completed.</summary>
    public static bool InitDone(Container init, ContainerObservation seen) => IsSidecar(init)
        ? HasStarted(init, seen)
        : seen is { Stage: ContainerStage.Exited, Stale: false, Exit.ExitCode: 0 };

    /// <summary>
    /// Whether initialization is over: every init container is done, or a main container was begun in this sandbox, after
    /// which a sidecar that ends holds nobody back.
    /// </summary>
    public bool Initialized(PodObservation seen) =>
        Init.All(c => InitDone(c, seen.Container(c.Name)))
        || Main.Any(c => seen.Container(c.Name) is { Stage: ContainerStage.Starting or ContainerStage.Pulling or ContainerStage.Pulled } or { EverStarted: true, Stale: false });

    /// <summary>Whether the postStart hook of a container that runs holds everything else back.</summary>
    public static bool IsHooked(Container container, ContainerObservation seen) =>
        seen.Stage == ContainerStage.Running && container.Lifecycle?.PostStart is not null && seen.PostStart != HookStage.Done;

    /// <summary>Whether a container runs, its postStart hook is done, and its startup probe, if any, has succeeded.</summary>
    public static bool HasStarted(Container container, ContainerObservation seen) =>
        seen.Stage is ContainerStage.Running or ContainerStage.Stopping
        && (container.Lifecycle?.PostStart is null || seen.PostStart == HookStage.Done)
        && (container.StartupProbe is null || seen.Startup == ProbeVerdict.Success);

    /// <summary>
    /// Whether a container is to be reached: started, not being stopped, and its readiness probe, if any, content. In a pod that was deleted
    /// it serves while it is being stopped.
    /// </summary>
    public static bool IsReady(Container container, ContainerObservation seen, bool deleted) =>
        (seen.Stage == ContainerStage.Running || (deleted && seen.Stage == ContainerStage.Stopping))
        && HasStarted(container, seen)
        && (container.ReadinessProbe is null || seen.Readiness == ProbeVerdict.Success);
}
