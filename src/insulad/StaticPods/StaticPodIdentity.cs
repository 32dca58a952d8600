using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Insulad.StaticPods;

/// <summary>
/// What is written about a static pod's file, as the kubelet writes it, for people and tools: that a pod is one, and of which file, its uid says
/// (<see cref="Insula.Api.Pods.StaticPodUid"/>).
/// </summary>
internal static class StaticPodIdentity
{
    public const string Source = "kubernetes.io/config.source";
    public const string Hash = "kubernetes.io/config.hash";
    public const string Mirror = "kubernetes.io/config.mirror";
    public const string Seen = "kubernetes.io/config.seen";

    /// <summary>What a manifest comes down to: the same for the same text of the same file, as long as the machine bears the same name.</summary>
    public static string HashOf(JsonObject document, string file, string nodeName) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{nodeName}\n{file}\n{document.ToJsonString()}")).AsSpan(0, 16));

    /// <summary>The hash that an object was made with; null when it has none.</summary>
    public static string? HashIn(JsonObject document) => (string?)document["metadata"]?["annotations"]?[Hash];
}
