using System.Net;
using Insula.Api.Core;
using Insula.Api.Meta;
using Insula.Network.Services;

namespace Insula.Network.Policies;

/// <summary>What answers pods' questions for names, as policies see it: the pod that clusters have for this, which nothing restricts.</summary>
internal sealed record NameServerPod : PolicyPod
{
    private static readonly PodFacts _facts = PodFacts.Of(new Pod
    {
        Metadata = new ObjectMeta { Name = Sandbox, Namespace = "kube-system", Labels = new Dictionary<string, string> { ["k8s-app"] = "kube-dns" } },
        Spec = new PodSpec
        {
            Containers =
            [
                new Container
                {
                    Ports = [new() { Name = "dns", Port = Port, Protocol = Protocols.UDP }, new() { Name = "dns-tcp", Port = Port, Protocol = Protocols.TCP }],
                },
            ],
        },
    });

    /// <summary>Where it is asked, by UDP and TCP.</summary>
    public const ushort Port = 53;

    public NameServerPod(IPAddress address)
        : base(_facts, [address])
    {
    }

    /// <summary>It is known as the pod of this sandbox.</summary>
    public const string Sandbox = "name server";
}
