using Insula.Bench.Contestants;
using Insula.Bench.Measuring;

namespace Insula.Bench.Figures;

/// <summary>A pod's start, the restart of its killed container, and its deletion.</summary>
internal static class LifeFigure
{
    public static Figure Create() => new(
        "life",
        "A pod of one container: start, restart, delete",
        "Each round, in turn: a pod with limits, a network and a log is created, its container killed once, and the pod deleted, by Insula's API, by its "
        + "command line and by podman; containerd runs and removes one; crun and runc run `true` in a container without network; *floor* is the kernel's part of "
        + "the same (bench/floor). Where podman's deletion takes seconds, the clean-up commands that conmon runs are still in the pod's cgroup, which podman tries "
        + "to remove again and again, with pauses: on a quiet machine they are gone in time and it takes 0.4 s. Insula has two network namespaces ready, as it does by "
        + "itself; with *none ready* each is made when a pod needs it.",
        "ms",
        [
            new("request → Running", "POST sent → a watch shows phase Running, against `crun run true` without network", "insula start", "crun run", 1, AtLeast: false, "×"),
            new("request → Running, against the floor", "the same, against the kernel's work alone", "insula start", "floor start", 1.6, AtLeast: false, "×"),
            new("request → Running, against podman", "`podman kube play` from its fork to its end, against the same", "podman start", "insula start", 15, AtLeast: true, "×"),
            new("the same by the command line", "`podman kube play`, against `insula apply` from its fork until it has ended and a watch shows Running", "podman start", "insula-cli start", 5, AtLeast: true, "×"),
            new("delete → nothing left", "`podman kube down`, against DELETE sent → the watch shows that the pod, and so all of it, is gone", "podman delete", "insula delete", 25, AtLeast: true, "×"),
            new("delete, against the floor", "the same, against the kernel's work alone", "insula delete", "floor delete", 3, AtLeast: false, "×"),
            new("container killed → successor runs", "kill(2) → the watch shows the successor running, against `crun run true`", "insula restart", "crun run", 0.5, AtLeast: false, "×"),
            new("container killed, against podman", "kill(1) → the successor's first line, against the same", "podman restart", "insula restart", 20, AtLeast: true, "×"),
        ],
        MeasureAsync);

    private static async Task MeasureAsync(BenchContext context, Samples samples, CancellationToken cancellationToken)
    {
        await using var party = await Party.GatherAsync(context, samples, cancellationToken);
        await using var unready = await Insulad.StartAsync(context, cancellationToken, "--prepared-namespaces", "0");
        await using var floor = await Floor.StartAsync(context, cancellationToken);
        var contestants = new List<IContestant> { new InsulaLife(party.Daemon), new InsulaLife(unready, "insula, none ready", showsSteps: false), new InsulaCommandLine(party.Daemon, context), floor };
        foreach (var runtime in (string[])["crun", "runc"])
        {
            if (Party.Installed(runtime, samples))
            {
                contestants.Add(await OciRuntime.PrepareAsync(runtime, ["true"], context, party.Enclosure, cancellationToken));
            }
        }

        contestants.AddRange(((IContestant?[])[party.Podman, party.Containerd]).OfType<IContestant>());
        await Contest.RunAsync(
            contestants, context.Count(whole: 40, quick: 5), context.Count(whole: 15, quick: 3), samples,
            (round, of) => context.Say($"life: round {round} of {of}"), cancellationToken);
    }
}
