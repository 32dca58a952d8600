using System.Text.Json.Nodes;

namespace Insula.Claims;

/// <summary>A claim that is to be made for a pod.</summary>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Pod">The pod's name.</param>
/// <param name="Uid">The pod's uid.</param>
/// <param name="Name">The claim's name.</param>
/// <param name="Template">What it is made from.</param>
public sealed record EphemeralClaim(string Namespace, string Pod, string Uid, string Name, JsonObject Template);
