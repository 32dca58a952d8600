using System.Net;
using System.Net.Sockets;

namespace Insula.Network.Cni;

/// <summary>What is asked of addresses.</summary>
internal static class CniAddresses
{
    /// <summary>The scope of an IPv6 address, which is that of no pod; 0 for none.</summary>
    public static long ScopeId(this IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? address.ScopeId : 0;
}
