using System.Net;
using Insula.Api.Core;
using Insula.Network.Services;

namespace Insula.Network.Policies;

/// <summary>What policies have to know of a pod that has a network of its own.</summary>
/// <param name="Facts">Its name, labels and named ports.</param>
/// <param name="Addresses">Its addresses.</param>
public record PolicyPod(PodFacts Facts, IReadOnlyList<IPAddress> Addresses)
{
    /// <summary>Reads a pod.</summary>
    public static PolicyPod Of(Pod pod, IReadOnlyList<IPAddress> addresses) => new(PodFacts.Of(pod), addresses);
}
