using System.Net;

namespace Insula.Dns.Serving;

/// <summary>Another server, which is asked for what is not known here.</summary>
/// <param name="end">Where it is.</param>
internal sealed class Upstream(IPEndPoint end)
{
    /// <summary>Where it is.</summary>
    public SocketAddress Address { get; } = SocketAddress.Of(end);

    /// <summary>Until when it is asked after the others, since it did not answer.</summary>
    public long DistrustedUntil { get; set; }
}
