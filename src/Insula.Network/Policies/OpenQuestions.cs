using System.Net;
using Insula.Linux;
using Insula.Linux.Netlink;
using Insula.Network.Services;
using Microsoft.Extensions.Logging;

namespace Insula.Network.Policies;

/// <summary>
/// Ends what pods have going on with the name server when a policy forbids it. What asks for names is judged before it is led on, by the address
/// that it asks; afterwards the kernel knows the connection by where it leads, and nothing looks at it again. Not thread-safe.
/// </summary>
/// <param name="model">The policies.</param>
/// <param name="logger">Where to log.</param>
internal sealed partial class OpenQuestions(PolicyModel model, ILogger logger) : IDisposable
{
    private const byte Tcp = 6;
    private static readonly byte[] _protocols = [Frontend.UDP, Tcp];

    private readonly HashSet<(string Sandbox, byte Protocol)> _forbidden = [];
    private readonly Dictionary<byte, HashSet<IPAddress>> _due = [];
    private readonly Dictionary<string, PolicyPod> _looked = [];
    private ConntrackSocket? _conntrack;

    /// <summary>Something has changed that may forbid a pod to ask, or allow it.</summary>
    public void Look(string sandboxId, PolicyPod pod)
    {
        if (pod is not NameServerPod)
        {
            _looked[sandboxId] = pod;
        }
    }

    /// <summary>Nobody knows what has changed meanwhile: all that is forbidden is ended.</summary>
    public void LookAtAll() => _forbidden.Clear();

    /// <summary>A pod that has not asked anything yet.</summary>
    public void Admit(string sandboxId, PolicyPod pod, IPAddress? address)
    {
        if (pod is NameServerPod || address is null)
        {
            return;
        }

        NameServerPod server = new(address);
        _forbidden.UnionWith(_protocols.Where(p => !model.MayAsk(pod, server, p)).Select(p => (sandboxId, p)));
    }

    /// <summary>The pod is gone, and its connections with it.</summary>
    public void Forget(string sandboxId)
    {
        _looked.Remove(sandboxId);
        _forbidden.RemoveWhere(f => f.Sandbox == sandboxId);
    }

    /// <summary>Ends what is forbidden since the last time; on the thread that has written the rules, and once they are in place.</summary>
    /// <param name="address">Where names are asked for; null when nowhere.</param>
    public void Cut(IPAddress? address)
    {
        if (address is null)
        {
            return;
        }

        NameServerPod server = new(address);
        foreach ((string sandboxId, PolicyPod pod) in _looked)
        {
            foreach (byte protocol in _protocols)
            {
                if (model.MayAsk(pod, server, protocol))
                {
                    _forbidden.Remove((sandboxId, protocol));
                }
                else if (_forbidden.Add((sandboxId, protocol)))
                {
                    (_due.TryGetValue(protocol, out HashSet<IPAddress>? due) ? due : _due[protocol] = []).UnionWith(pod.Addresses);
                }
            }
        }

        _looked.Clear();
        foreach (byte protocol in _protocols)
        {
            if (_due.Remove(protocol, out HashSet<IPAddress>? due))
            {
                End(due, protocol, address);
            }
        }
    }

    private void End(HashSet<IPAddress> clients, byte protocol, IPAddress address)
    {
        try
        {
            (_conntrack ??= ConntrackSocket.Open()).DeleteFrom(clients, protocol, address, NameServerPod.Port);
        }
        catch (Exception e) when (e is NetlinkException or LinuxException)
        {
            // The kernel cannot do it: they end by themselves when they are idle.
            LogOpen(string.Join(", ", clients), e.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "What {Clients} had begun to ask the name server may go on though it is forbidden now: {Reason}")]
    private partial void LogOpen(string clients, string reason);

    /// <inheritdoc/>
    public void Dispose() => _conntrack?.Dispose();
}
