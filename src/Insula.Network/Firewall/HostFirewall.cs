using Insula.Linux;
using Insula.Network.Host;

namespace Insula.Network.Firewall;

/// <summary>
/// Finds out whether the host lets pods' packets pass, by sending some: a firewall that is not ours (Docker's, ufw's, firewalld's) drops
/// whatever its own chain does not accept, and no accept of ours can change that. Foreign tables are read, never changed.
/// </summary>
public sealed class HostFirewall
{
    private const int Retries = 3;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly PodNetwork _network;

    /// <summary>Checks the host of this network, which must have been started.</summary>
    public HostFirewall(PodNetwork network)
    {
        ArgumentNullException.ThrowIfNull(network);
        _network = network;
    }

    /// <summary>
    /// Connects two throw-away namespaces as pods are connected, sends ICMP, UDP and TCP from one to the other through the forward hook, and
    /// removes them. Takes a few milliseconds when everything passes, two seconds when something is lost.
    /// </summary>
    /// <exception cref="NetworkException">The check itself could not be made.</exception>
    public async Task<ForwardCheck> CheckForwardAsync(CancellationToken cancellationToken)
    {
        // While pods are cut off on purpose there is nothing to find out.
        await _network.WholeAsync(cancellationToken).ConfigureAwait(false);
        string id = $"forward-check-{Guid.NewGuid():N}";
        using Descriptor from = await _network.OnHostAsync(w => w.CreateNamespace()).ConfigureAwait(false);
        using Descriptor to = await _network.OnHostAsync(w => w.CreateNamespace()).ConfigureAwait(false);
        IReadOnlyList<string> lost;
        try
        {
            PodAddresses sender = await _network.AttachAsync($"{id}-a", from, cancellationToken).ConfigureAwait(false);
            PodAddresses receiver = await _network.AttachAsync($"{id}-b", to, cancellationToken).ConfigureAwait(false);
            using ForwardProbe probe = await _network.OnHostAsync(
                w => ForwardProbe.Open(w, from, sender.Primary, to, receiver.Primary)).ConfigureAwait(false);
            lost = await probe.SendAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Also when the caller has given up: nothing of the check may stay.
            try
            {
                await EndAsync($"{id}-a").ConfigureAwait(false);
            }
            finally
            {
                await EndAsync($"{id}-b").ConfigureAwait(false);
            }

            await _network.SettleAsync(CancellationToken.None).ConfigureAwait(false);
        }

        if (lost.Count == 0)
        {
            return new ForwardCheck { Lost = lost, Message = "Packets between pods pass the host's forward hook." };
        }

        (string tables, bool legacy) = await _network.OnHostAsync(_ => (_network.ListTables(), HasLegacyTables())).ConfigureAwait(false);
        IReadOnlyList<ForeignDrop> suspects = RulesetDiagnosis.FindDrops(tables, legacy, _network.Names.Prefix, _network.PodRange);
        return new ForwardCheck { Lost = lost, Suspects = suspects, Message = RulesetDiagnosis.Explain(lost, suspects) };
    }

    // Nobody would come back to it before the next start.
    private async Task EndAsync(string id)
    {
        for (int more = Retries; ; more--)
        {
            try
            {
                await _network.DetachAsync(id, CancellationToken.None).ConfigureAwait(false);
                return;
            }
            catch (NetworkException) when (more > 0)
            {
                await Task.Delay(RetryDelay).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Whether the old iptables, which nft does not list, filter here. Read in the network thread's namespace.</summary>
    private static bool HasLegacyTables()
    {
        const string Names = "/proc/thread-self/net/ip_tables_names";
        return File.Exists(Names) && File.ReadAllLines(Names).Contains("filter");
    }
}
