using System.Net;

namespace Insula.Linux.Netlink;

public sealed partial class ConntrackSocket
{
    /// <summary>Deletes connections that were made to an address without any translation.</summary>
    /// <param name="family">AF_INET or AF_INET6.</param>
    /// <param name="forget">Whether to delete one, by the address that began it and the address it was made to.</param>
    /// <exception cref="NetlinkException">The kernel refused, for example for want of nf_conntrack_netlink.</exception>
    public void DeleteDirect(byte family, Func<IPAddress, IPAddress, bool> forget)
    {
        ArgumentNullException.ThrowIfNull(forget);
        NetlinkWriter request = new();
        Begin(request, nfnetlink.IPCTNL_MSG_CT_GET, netlink.NLM_F_DUMP, family, "list connections");
        Delete(family, _socket.Query(request, dump: true, (type, payload) =>
            ReadFlow(type, payload) is { } flow && flow.Answering.Address.Equals(flow.Destination.Address) && forget(flow.Begun, flow.Destination.Address) ? flow : null));
    }

    /// <summary>Deletes the connections of a protocol that some addresses have to a port of another, wherever that leads.</summary>
    /// <param name="clients">Who began them.</param>
    /// <param name="protocol">IPPROTO_UDP, for example.</param>
    /// <param name="server">The address they were made to.</param>
    /// <param name="port">The port they were made to.</param>
    /// <exception cref="NetlinkException">The kernel refused, for example for want of nf_conntrack_netlink.</exception>
    public void DeleteFrom(IReadOnlySet<IPAddress> clients, byte protocol, IPAddress server, ushort port)
    {
        ArgumentNullException.ThrowIfNull(clients);
        ArgumentNullException.ThrowIfNull(server);
        Delete(FamilyOf(server), FindTo(protocol, server, port).Where(f => clients.Contains(f.Begun)));
    }

    private void Delete(byte family, IEnumerable<Flow> flows)
    {
        foreach (Flow[] some in flows.Chunk(MaxBatch))
        {
            NetlinkWriter delete = new();
            foreach (Flow flow in some)
            {
                Delete(delete, family, flow);
            }

            _socket.Execute(delete);
        }
    }
}
