using System.Net;
using System.Net.Sockets;
using Insula.Linux.Netlink;
using Insula.Network.Firewall;

namespace Insula.Network;

/// <content>Pods that others have connected: from their addresses Services and the machine's name server may be reached, as from pods' own links.</content>
public sealed partial class PodNetwork
{
    private readonly HashSet<IPAddress> _foreign = [];
    private NftSocket? _foreignSocket;

    /// <summary>Whether a sandbox has a link of this network, finished or not.</summary>
    internal bool Knows(string sandboxId) => _allocations.ContainsKey(sandboxId);

    /// <summary>Names addresses before <see cref="StartAsync"/>, so that the table is written with them.</summary>
    internal void ExpectForeign(IEnumerable<IPAddress> addresses)
    {
        lock (_foreign)
        {
            foreach (IPAddress address in addresses)
            {
                _foreign.Add(address);
            }
        }
    }

    /// <summary>Lets addresses through. Once more does nothing.</summary>
    internal Task AdmitForeignAsync(IReadOnlyList<IPAddress> addresses) => AtTheEdge(_firewall.RunAsync(() => ChangeForeign(addresses, admit: true)));

    /// <summary>Lets them through no more, and ends what is remembered of their connections: the next pod with such an address is another one.</summary>
    internal Task DismissForeignAsync(IReadOnlyList<IPAddress> addresses) => AtTheEdge(_firewall.RunAsync(() =>
    {
        ChangeForeign(addresses, admit: false);
        ForgetConnections(addresses, "of a CNI network");
    }));

    // On the thread that writes the table, so that neither undoes what the other does.
    private void ChangeForeign(IReadOnlyList<IPAddress> addresses, bool admit)
    {
        IPAddress[] changed;
        lock (_foreign)
        {
            changed = [.. addresses.Distinct().Where(a => _foreign.Contains(a) != admit)];
        }

        NftBatch batch = new(_names.Table);
        foreach (IGrouping<AddressFamily, IPAddress> family in changed.GroupBy(a => a.AddressFamily))
        {
            bool v6 = family.Key == AddressFamily.InterNetworkV6;
            (string set, int length) = v6 ? (Ruleset.ForeignSetV6, 16) : (Ruleset.ForeignSet, 4);
            byte[] bytes = [.. family.SelectMany(a => a.GetAddressBytes())];
            _ = admit ? batch.AddElements(set, bytes, length, 0) : batch.DeleteElements(set, bytes, length);
        }

        if (changed.Length > 0)
        {
            (_foreignSocket ??= OpenTables()).Execute(batch);
        }

        lock (_foreign)
        {
            foreach (IPAddress address in changed)
            {
                _ = admit ? _foreign.Add(address) : _foreign.Remove(address);
            }
        }
    }

    private IReadOnlyCollection<IPAddress> Foreign()
    {
        lock (_foreign)
        {
            return [.. _foreign];
        }
    }
}
