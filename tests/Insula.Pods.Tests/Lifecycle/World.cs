using Insula.Api.Core;
using Insula.Api.Meta;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Tests.Lifecycle;

/// <summary>A pod and what is known of it, moved by hand: actions are recorded, facts are given.</summary>
internal sealed class World
{
    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public World(Pod pod, LifecycleRules? rules = null)
    {
        Pod = pod;
        Rules = rules ?? LifecycleRules.Default;
    }

    public Pod Pod { get; set; }

    public LifecycleRules Rules { get; }

    public PodObservation Seen { get; set; } = PodObservation.Empty;

    public DateTimeOffset Now { get; private set; } = Start;

    public DateTimeOffset? Wake { get; private set; }

    public PodStatus Status => Pod.Status;

    public List<PodAction> History { get; } = [];

    public static Pod OnePod(string policy = "Always", params Container[] containers) => new()
    {
        Metadata = new ObjectMeta { Name = "p", Namespace = "default", Uid = "11111111-2222-3333-4444-555555555555" },
        Spec = new PodSpec
        {
            RestartPolicy = policy,
            Containers = containers.Length > 0 ? containers : [new Container { Name = "web", Image = "busybox" }],
        },
    };

    public ContainerStatus Container(string name = "web") =>
        Status.ContainerStatuses.Concat(Status.InitContainerStatuses).Single(c => c.Name == name);

    public PodCondition Condition(string type) => Status.Conditions.Single(c => c.Type == type);

    /// <summary>Decides and begins until nothing more is ordered; returns what was ordered.</summary>
    public IReadOnlyList<PodAction> Turn()
    {
        List<PodAction> ordered = [];
        while (true)
        {
            var decision = PodLifecycle.Decide(Pod, Seen, Now, Rules);
            foreach (var action in decision.Actions)
            {
                Seen = PodReducer.Begin(Seen, action);
                ordered.Add(action);
                History.Add(action);
            }

            Pod = Pod with { Status = decision.Status };
            Wake = decision.WakeAt;
            if (decision.Actions.Count == 0)
            {
                return ordered;
            }

            Assert.True(ordered.Count < 100, "the decision does not come to rest");
        }
    }

    public IReadOnlyList<PodAction> Tell(PodFact fact)
    {
        Seen = PodReducer.Apply(Seen, fact, Now, Rules);
        return Turn();
    }

    /// <summary>The machine's clock is set, and a worker notices.</summary>
    public IReadOnlyList<PodAction> Jump(TimeSpan by)
    {
        Now += by;
        Seen = ClockJump.Move(Seen, by);
        Pod = Pod with { Status = Pod.Status with { StartTime = Pod.Status.StartTime + by } };
        return Turn();
    }

    public IReadOnlyList<PodAction> Pass(double seconds)
    {
        Now += TimeSpan.FromSeconds(seconds);
        return Turn();
    }

    public World WithSandbox()
    {
        Assert.Contains(Turn(), a => a is PodAction.CreateSandbox);
        Tell(new PodFact.SandboxReady(Seen.Sandbox.Attempt, ["10.83.0.2"]));
        return this;
    }

    public World WithRunning(string name = "web")
    {
        if (Seen.Sandbox.Stage != SandboxStage.Ready)
        {
            WithSandbox();
        }

        Tell(new PodFact.ContainerStarted(name, PodReducer.NextAttempt(Seen.Container(name)), Now, "sha256:1"));
        return this;
    }

    public IReadOnlyList<PodAction> Exit(int code, string name = "web", string? reason = null) =>
        Tell(new PodFact.ContainerExited(name, Attempt(name), code, reason ?? (code == 0 ? "Completed" : "Error"), "", null, Now));

    /// <summary>The object says that it is evicted; nobody has looked yet.</summary>
    public void Evict(string message, long? grace = null) => Pod = Pod with
    {
        Status = Status with { Conditions = [.. Status.Conditions, new() { Type = PodConditionTypes.DisruptionTarget, Status = ConditionStatuses.True, Reason = "TerminationByKubelet", Message = message, GracePeriodSeconds = grace }] },
    };

    public IReadOnlyList<PodAction> Delete(long grace = 30)
    {
        Pod = Pod with { Metadata = Pod.Metadata with { DeletionTimestamp = Now.AddSeconds(grace), DeletionGracePeriodSeconds = grace } };
        return Turn();
    }

    private int Attempt(string name)
    {
        var container = Seen.Container(name);
        return container.Stage == ContainerStage.Starting ? PodReducer.NextAttempt(container) : container.Attempt;
    }
}
