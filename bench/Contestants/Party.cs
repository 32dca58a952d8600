using Insula.Bench.Measuring;

namespace Insula.Bench.Contestants;

/// <summary>Ours, and those of our peers that are installed.</summary>
internal sealed class Party : IAsyncDisposable
{
    private Party(Insulad daemon, Enclosure enclosure)
    {
        Daemon = daemon;
        Enclosure = enclosure;
    }

    /// <summary>Our daemon.</summary>
    public Insulad Daemon { get; }

    /// <summary>Where the peers live.</summary>
    public Enclosure Enclosure { get; }

    /// <summary>podman; null where it is not installed.</summary>
    public Podman? Podman { get; private set; }

    /// <summary>containerd; null where it is not installed.</summary>
    public Containerd? Containerd { get; private set; }

    /// <summary>Starts them; who is missing is said in the report.</summary>
    public static async Task<Party> GatherAsync(BenchContext context, Samples samples, CancellationToken cancellationToken)
    {
        var party = new Party(await Insulad.StartAsync(context, cancellationToken), await Enclosure.ForPeersAsync(cancellationToken));
        try
        {
            if (Installed("podman", samples))
            {
                party.Podman = await Podman.PrepareAsync(context, party.Enclosure, cancellationToken);
            }

            if (Containerd.Missing is { } why)
            {
                samples.Skipped.Add($"containerd: {why}");
            }
            else
            {
                party.Containerd = await Containerd.PrepareAsync(context, party.Enclosure, cancellationToken);
            }

            return party;
        }
        catch
        {
            await party.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether a program is installed; if not the report says so.</summary>
    public static bool Installed(string program, Samples samples)
    {
        var there = Command.Exists(program);
        if (!there)
        {
            samples.Skipped.Add($"{program}: not installed");
        }

        return there;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await (Containerd?.DisposeAsync() ?? ValueTask.CompletedTask);
        await Enclosure.DisposeAsync();
        await Daemon.DisposeAsync();
    }
}
