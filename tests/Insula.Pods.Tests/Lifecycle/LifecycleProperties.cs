using FsCheck;
using FsCheck.Fluent;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Pods.Lifecycle;
using Insula.Pods.Resizing;
using Insula.Pods.Workers;

namespace Insula.Pods.Tests.Lifecycle;

/// <summary>A machine that does what is ordered in its own time and sometimes fails, driven by random numbers.</summary>
public class LifecycleProperties
{
    private static readonly string[] Policies = ["Always", "OnFailure", "Never"];

    [Fact]
    public void WhateverHappensTheOrderOfThingsHolds() => Prop.ForAll(
        ArbMap.Default.ArbFor<int>(),
        ArbMap.Default.ArbFor<NonNegativeInt>(),
        (seed, shape) => Run(seed, shape.Get)).QuickCheckThrowOnFailure();

    /// <summary>The same with a daemon that now and then is another one, which knows what was written, what was kept, and what runs.</summary>
    [Fact]
    public void AndWhicheverDaemonItIs() => Prop.ForAll(
        ArbMap.Default.ArbFor<int>(),
        ArbMap.Default.ArbFor<NonNegativeInt>(),
        (seed, shape) => Run(seed, shape.Get, deaths: true)).QuickCheckThrowOnFailure();

    /// <summary>The same while resources change, which is broken off at any write: the kernel refuses nothing, and what is shown is what it holds.</summary>
    [Fact]
    public void AndWhateverIsResized() => Prop.ForAll(
        ArbMap.Default.ArbFor<int>(),
        ArbMap.Default.ArbFor<NonNegativeInt>(),
        (seed, shape) => Run(seed, shape.Get, deaths: true, resizes: true)).QuickCheckThrowOnFailure();

    /// <summary>What failed once. An order for a start that is over must not end the next one.</summary>
    [Theory]
    [InlineData(45, 0)]
    [InlineData(60, 36)]
    public void WhatFailedOnceHolds(int seed, int shape) => Run(seed, shape);

    /// <summary>The same with deaths and changes of resources.</summary>
    [Theory]
    [InlineData(24, 25)]
    public void WhatFailedOnceHoldsWhateverIsResized(int seed, int shape) => Run(seed, shape, deaths: true, resizes: true);

    private static void Run(int seed, int shape, bool deaths = false, bool resizes = false)
    {
        // Deterministic from the seed, so that a failure can be run again; nothing secret is drawn.
#pragma warning disable CA5394
        var random = new Random(seed);
        var world = new World(resizes ? KernelGroups.WithResources(PodOf(shape)) : PodOf(shape));
        using var machine = new Machine(random, world.Pod);
        var counts = new Dictionary<string, int>();
        string? terminal = null;
        machine.Take(resizes ? world.Tell(new PodFact.Placed { Resources = Allocation.Of(world.Pod.Spec) }) : world.Turn(), world.Seen.Allocated);
        machine.Keep(world);
        for (var step = 0; step < 120; step++)
        {
            var roll = random.Next(100);
            IReadOnlyList<PodAction> ordered;
            if (resizes && roll < 10)
            {
                world.Pod = KernelGroups.Changed(world.Pod, random.Next(2), KernelGroups.Amounts(random.Next(1, 4), random.Next(1, 4)));
                ordered = world.Tell(
                    random.Next(3) > 0 ? new PodFact.ResizeGranted(Allocation.Of(world.Pod.Spec)) : new PodFact.ResizeHeldBack(new PendingResize(PodResizeReasons.Deferred, "no room")));
            }
            else if (roll < 60 && machine.Next(world) is { } fact)
            {
                ordered = world.Tell(fact);
            }
            else if (roll < 90)
            {
                ordered = world.Pass(random.Next(0, 60));
            }
            else if (roll < 94 && world.Seen.Sandbox.Stage == SandboxStage.Ready)
            {
                machine.LoseSandbox();
                ordered = world.Tell(new PodFact.SandboxLost(world.Seen.Sandbox.Attempt, Reasons.SandboxDied));
            }
            else if (roll == 99)
            {
                ordered = world.Delete(random.Next(0, 40));
            }
            else if (roll > 95 && deaths && world.Seen.Sandbox.Stage == SandboxStage.Ready)
            {
                machine.DaemonDies(world);
                ordered = world.Turn();
            }
            else
            {
                ordered = world.Pass(1);
            }

            machine.Take(ordered, world.Seen.Allocated);
            machine.Keep(world);

            if (resizes)
            {
                machine.AssertShown(world);
            }

            // Looking again changes nothing.
            var again = PodLifecycle.Decide(world.Pod, world.Seen, world.Now, world.Rules);
            Assert.Empty(again.Actions);
            Assert.Equal(ApiJson.ToText(world.Status), ApiJson.ToText(again.Status));

            foreach (var status in world.Status.ContainerStatuses.Concat(world.Status.InitContainerStatuses))
            {
                Assert.True(status.RestartCount >= counts.GetValueOrDefault(status.Name), $"{status.Name}: the restart count went back");
                counts[status.Name] = status.RestartCount;
                Assert.False(status.Ready && status.State.Running is null && world.Pod.Spec.Containers.Any(c => c.Name == status.Name), "ready without running");
            }

            if (terminal is not null)
            {
                Assert.Equal(terminal, world.Status.Phase);
                Assert.DoesNotContain(ordered, a => a is PodAction.StartContainer or PodAction.CreateSandbox);
            }

            terminal = world.Status.Phase is PodPhases.Succeeded or PodPhases.Failed ? world.Status.Phase : terminal;
        }
#pragma warning restore CA5394
    }

    private static Pod PodOf(int shape)
    {
        var pod = World.OnePod(
            Policies[shape % 3],
            new Container { Name = "web", Image = "i", ReadinessProbe = shape % 2 == 0 ? new Probe() : null, LivenessProbe = new Probe() },
            new Container { Name = "peer", Image = "i", StartupProbe = shape % 5 == 0 ? new Probe() : null });
        List<Container> init = [];
        if (shape % 4 > 0)
        {
            init.Add(new Container { Name = "once", Image = "i", RestartPolicy = shape % 11 == 0 ? "OnFailure" : null });
        }

        if (shape % 4 > 1)
        {
            init.Add(new Container { Name = "side", Image = "i", RestartPolicy = "Always" });
        }

        if (shape % 3 == 0)
        {
            var handler = new LifecycleHandler();
            var hooks = new Api.Core.Lifecycle { PostStart = shape % 2 == 0 ? handler : null, PreStop = shape % 9 == 0 ? handler : null };
            pod = pod with { Spec = pod.Spec with { Containers = [.. pod.Spec.Containers.Select(c => c with { Lifecycle = hooks })] } };
            init = [.. init.Select(c => c.RestartPolicy == "Always" ? c with { Lifecycle = hooks } : c)];
        }

        // One of each part asks for the restart of all in a third of the shapes.
        if (shape % 9 is 1 or 4 or 7)
        {
            var rules = new ContainerRestartRule { Action = RestartRuleActions.RestartAllContainers, ExitCodes = new() { Operator = "In", Values = [1] } };
            var asking = (shape % 9) switch { 1 => "peer", 4 => "once", _ => "side" };
            Container Ask(Container c) => c.Name == asking ? c with { RestartPolicy = c.RestartPolicy ?? "Never", RestartPolicyRules = [rules] } : c;
            pod = pod with { Spec = pod.Spec with { Containers = [.. pod.Spec.Containers.Select(Ask)] } };
            init = [.. init.Select(Ask)];
        }

        return pod with { Spec = pod.Spec with { InitContainers = init, ActiveDeadlineSeconds = shape % 7 == 0 ? 500 : null } };
    }

    /// <summary>Processes and sandboxes as they really are, with the rules that an order may never break.</summary>
    private sealed class Machine(Random random, Pod pod) : IDisposable
    {
        /// <summary>What a start has left to be done: it goes on whatever becomes of the pod.</summary>
        private sealed record Pull(string Name, string Image) : PodAction;

        private readonly List<PodAction> _waiting = [];
        private readonly Dictionary<string, int> _alive = [];
        private readonly HashSet<string> _initialized = [];
        private readonly HashSet<(string, int)> _asked = [];
        private readonly string _kept = Path.Combine(Path.GetTempPath(), $"insula-properties-{Guid.NewGuid():n}");
        private PodStateFile? _file;
        private readonly KernelGroups _groups = new();
        private IReadOnlyDictionary<string, ResourceRequirements>? _ordered;
        private bool _restarting;
        private bool _sandbox;

        public void Dispose()
        {
            _file?.Dispose();
            File.Delete(_kept);
        }

        /// <summary>What a worker keeps beside the status.</summary>
        public void Keep(World world)
        {
            foreach (var (name, container) in world.Seen.Containers)
            {
                _file?.Keep(name, container);
            }

            _file?.Keep(world.Seen);
        }

        /// <summary>What was ordered and not done is not done.</summary>
        public void DaemonDies(World world)
        {
            foreach (var step in _waiting.OfType<PodAction.Resize>().SelectMany(r => Some(r.Steps)))
            {
                _groups.Write(step, _alive);
            }

            _waiting.Clear();
            var file = _file!;
            var listed = _alive.Select(a => new Adoption.Listed(a.Key, a.Value, world.Now)).ToList();
            var kept = new Adoption.Kept(file.Counter, file.BackOffOf, file.IsOfSandbox)
            {
                WasBegun = file.WasBegun,
                IsRenewed = file.IsRenewed,
                Restart = file.Restart(),
                Stopped = (name, attempt) => file.Stopped(name, attempt, world.Now),
                Restore = (name, running) => file.Restore(name, running, world.Now),
            };
            Assert.Equal(world.Seen.Restart, kept.Restart);
            var isResized = world.Seen.Allocated is not null;
            world.Seen = Adoption.OfLiving(world.Pod, world.Seen.Sandbox.Attempt, ["10.83.0.2"], listed, kept, world.Now);
            if (isResized)
            {
                world.Seen = Adoption.WithActual(world.Pod, Adoption.WithAllocation(world.Pod, world.Seen), _groups.Shown);
            }
        }

        /// <summary>While nothing is being written, what is shown of a container that runs is what the kernel holds it to.</summary>
        public void AssertShown(World world)
        {
            if (world.Seen.Sandbox is not { Stage: SandboxStage.Ready, IsResizing: false, Limits: { } limits })
            {
                return;
            }

            Assert.All(GroupLimits.Resources, r => Assert.Equal(_groups.Of(null).LimitOf(r), limits.LimitOf(r)));
            foreach (var (name, container) in world.Seen.Containers.Where(c => c.Value.Stage == ContainerStage.Running && _alive.ContainsKey(c.Key)))
            {
                Assert.All(GroupLimits.Resources, r => Assert.Equal(_groups.Of(name).LimitOf(r), GroupLimits.OfContainer(world.Pod.Spec, container.Actual!).LimitOf(r)));
            }
        }

        private IReadOnlyList<ResizeStep> Some(IReadOnlyList<ResizeStep> steps) => [.. steps.Take(random.Next(steps.Count + 1))];

        // A new file for a new sandbox, which knows what the last one did.
        private void Open(World world)
        {
            _file?.Dispose();
            File.Delete(_kept);
            _file = PodStateFile.Open(_kept, [.. pod.Spec.InitContainers.Concat(pod.Spec.Containers).Select(c => c.Name)]);
            _file.Keep(world.Seen);
            _initialized.Clear();
        }

        public void Take(IReadOnlyList<PodAction> ordered, IReadOnlyDictionary<string, ResourceRequirements>? allocated = null)
        {
            foreach (var action in ordered)
            {
                switch (action)
                {
                    case PodAction.RestartAll all:
                        Assert.False(_restarting, "a restart of all in another");
                        Assert.True(_asked.Add((all.Name, all.Attempt)), $"the end of {all.Name}.{all.Attempt} restarted all twice");
                        _restarting = true;
                        break;
                    case PodAction.BeginAnew:
                        Assert.True(_restarting, "all begin anew and nobody asked");
                        Assert.Empty(_alive);
                        Assert.DoesNotContain(_waiting, a => a is PodAction.StartContainer);
                        _restarting = false;
                        _initialized.Clear();
                        break;
                    case PodAction.CreateSandbox:
                        _ordered = allocated;
                        Assert.False(_sandbox, "a second sandbox");
                        break;
                    case PodAction.StartContainer start:
                        Assert.True(_sandbox, "a start without a sandbox");
                        Assert.False(_restarting, $"{start.Name} started before all had ended");
                        _file?.Begin(start.Name, start.Attempt, start.BackOff);
                        if (pod.Spec.Containers.Any(c => c.Name == start.Name))
                        {
                            Assert.All(pod.Spec.InitContainers.Where(c => c.RestartPolicy != "Always"), c => Assert.Contains(c.Name, _initialized));
                        }

                        Assert.False(_alive.ContainsKey(start.Name), $"{start.Name} started twice without an exit between");
                        Assert.DoesNotContain(_waiting, a => a is PodAction.StartContainer other && other.Name == start.Name);
                        break;
                    case PodAction.DestroySandbox:
                        // After a loss the kernel may still have processes; in good health none may be left.
                        Assert.True(!_sandbox || _alive.Count == 0, "a sandbox removed over living containers");
                        break;
                    case PodAction.RemoveObject:
                        Assert.False(_sandbox, "the object removed before the sandbox");
                        break;
                    case PodAction.RunHook hook:
                        Assert.True(_alive.TryGetValue(hook.Name, out var attempt) && attempt == hook.Attempt, $"a hook of {hook.Name}, which does not run");
                        Assert.DoesNotContain(_waiting, a => a is PodAction.RunHook other && other with { Deadline = hook.Deadline } == hook);
                        break;
                    default:
                        break;
                }

                _waiting.Add(action);
            }
        }

        public void LoseSandbox()
        {
            _sandbox = false;
            _alive.Clear();
            _waiting.RemoveAll(a => a is PodAction.Resize or PodAction.StartContainer or PodAction.StopContainer or PodAction.SignalContainer or PodAction.RunHook or PodAction.KillContainer);
        }

        public PodFact? Next(World world)
        {
#pragma warning disable CA5394
            if (_waiting.Count > 0 && random.Next(3) > 0)
            {
                var index = random.Next(_waiting.Count);
                var action = _waiting[index];
                _waiting.RemoveAt(index);
                return Do(action, world);
            }

            if (_alive.Count == 0)
            {
                return null;
            }

            var (name, attempt) = _alive.ElementAt(random.Next(_alive.Count));
            switch (random.Next(4))
            {
                case 0:
                    _alive.Remove(name);
                    var code = random.Next(2);
                    if (code == 0)
                    {
                        _initialized.Add(name);
                    }

                    return new PodFact.ContainerExited(name, attempt, code, "Error", "", null, world.Now);
                default:
                    return new PodFact.ProbeChanged(name, attempt, (ProbeKind)random.Next(3), random.Next(4) == 0 ? ProbeVerdict.Failure : ProbeVerdict.Success);
            }
        }

        private bool Ends(string name, int attempt) => _alive.TryGetValue(name, out var alive) && alive == attempt && _alive.Remove(name);

        private PodFact? Do(PodAction action, World world)
        {
            switch (action)
            {
                case PodAction.CreateSandbox create when random.Next(5) == 0:
                    return new PodFact.SandboxRefused(create.Attempt, "FailedMount", "no");
                case PodAction.CreateSandbox create:
                    _sandbox = true;
                    Open(world);

                    // Made with what was set aside when it was ordered: what was granted since is still to be done.
                    var limits = GroupLimits.OfPod(Allocation.Apply(world.Pod.Spec, _ordered));
                    _groups.MakePod(limits);
                    return new PodFact.SandboxReady(create.Attempt, ["10.83.0.2"]) { Limits = _ordered is null ? null : limits };
                case PodAction.DestroySandbox destroy when random.Next(5) == 0:
                    return new PodFact.SandboxStuck(destroy.Attempt, "busy");
                case PodAction.DestroySandbox destroy:
                    _sandbox = false;
                    return new PodFact.SandboxGone(destroy.Attempt);
                case PodAction.StartContainer start when random.Next(6) == 0:
                    _waiting.Add(new Pull(start.Name, start.Image));
                    return new PodFact.PullStarted(start.Name, start.Image);
                case Pull pull when random.Next(4) == 0:
                    return new PodFact.PullFailed(pull.Name, pull.Image, "no");
                case Pull pull:
                    return new PodFact.Pulled(pull.Name, pull.Image);
                case PodAction.StartContainer start when random.Next(6) == 0:
                    return new PodFact.ContainerRefused(start.Name, start.Attempt, Reasons.ErrImagePull, "no");
                case PodAction.StartContainer start when random.Next(6) == 0:
                    return new PodFact.ContainerStartFailed(start.Name, start.Attempt, "no");
                case PodAction.StartContainer start:
                    _alive[start.Name] = start.Attempt;
                    if (world.Seen.Container(start.Name).Actual is { } actual)
                    {
                        _groups.Start(start.Name, GroupLimits.OfContainer(world.Pod.Spec, actual));
                    }

                    return new PodFact.ContainerStarted(start.Name, start.Attempt, world.Now, "x");
                case PodAction.StopContainer { Signals: true } stop when random.Next(2) == 0 && Ends(stop.Name, stop.Attempt):
                    return new PodFact.ContainerExited(stop.Name, stop.Attempt, 143, "Error", "", null, world.Now);
                case PodAction.SignalContainer signal when random.Next(2) == 0 && Ends(signal.Name, signal.Attempt):
                    return new PodFact.ContainerExited(signal.Name, signal.Attempt, 143, "Error", "", null, world.Now);
                case PodAction.RunHook hook:
                    return new PodFact.HookEnded(hook.Name, hook.Attempt, hook.Kind, random.Next(3) > 0);
                case PodAction.KillContainer kill when Ends(kill.Name, kill.Attempt):
                    return new PodFact.ContainerExited(kill.Name, kill.Attempt, 137, "Error", "", null, world.Now);
                case PodAction.Resize resize:
                    var done = Some(resize.Steps);
                    foreach (var step in done)
                    {
                        _groups.Write(step, _alive);
                    }

                    return new PodFact.Resized(resize.Sandbox, done, done.Count == resize.Steps.Count ? null : "no");
                case PodAction.Cleanup:
                    return random.Next(4) == 0 ? new PodFact.CleanupFailed("no") : new PodFact.CleanupDone();
                default:
                    return null;
            }
#pragma warning restore CA5394
        }
    }
}
