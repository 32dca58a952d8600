using Insula.Bench.Contestants;
using Insula.Bench.Measuring;

namespace Insula.Bench.Figures;

/// <summary>Many pods at once.</summary>
internal static class BurstFigure
{
    public static Figure Create() => new(
        "burst",
        "100 pods at once",
        "100 pods are created at once by 8 connections, until a watch has shown all of them Ready; podman plays 10 manifests one after the other.",
        "pods/s",
        [
            new("100 pods at once → all Ready", "pods a second, against `podman kube play` in a loop", "insula start", "podman start", 15, AtLeast: true, "×"),
        ],
        MeasureAsync);

    private static async Task MeasureAsync(BenchContext context, Samples samples, CancellationToken cancellationToken)
    {
        var (pods, loop) = (context.Count(whole: 100, quick: 20), context.Count(whole: 10, quick: 3));
        await using var daemon = await Insulad.StartAsync(context, cancellationToken);
        await using var peers = await Enclosure.ForPeersAsync(cancellationToken);
        await using var podman = Command.Exists("podman") ? await Podman.PrepareAsync(context, peers, cancellationToken) : null;
        await Crowd.StartAsync(daemon, 0, pods / 2, cancellationToken); // compilers and caches
        await Crowd.EndAsync(daemon, 0, pods / 2, cancellationToken);
        for (var round = 0; round < context.Count(whole: 5, quick: 2); round++)
        {
            context.Say($"burst: round {round + 1}");
            samples.Add("insula start", round, pods / (await Crowd.StartAsync(daemon, 0, pods, cancellationToken) / 1000));
            samples.Add("insula delete", round, pods / (await Crowd.EndAsync(daemon, 0, pods, cancellationToken) / 1000));
            if (podman is null)
            {
                continue;
            }

            var files = new List<string>();
            for (var i = 0; i < loop; i++)
            {
                files.Add(await podman.WriteAsync($"burst-{i}", cancellationToken));
            }

            var milliseconds = 0.0;
            foreach (var file in files)
            {
                milliseconds += await podman.PlayAsync(file, cancellationToken);
            }

            samples.Add("podman start", round, loop / (milliseconds / 1000));
            foreach (var file in files)
            {
                await podman.DownAsync(file, cancellationToken);
            }
        }
    }
}
