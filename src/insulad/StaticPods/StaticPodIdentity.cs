using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Insulad.StaticPods;

/// <summary>
/// By what a static pod is known. Its uid says that it is one: it is of version 8 (RFC 9562), and all that requests make are of version 4; its last six
/// bytes say of which file. Annotations are for people and tools, as the kubelet writes them.
/// </summary>
internal static class StaticPodIdentity
{
    public const string Source = "kubernetes.io/config.source";
    public const string Hash = "kubernetes.io/config.hash";
    public const string Mirror = "kubernetes.io/config.mirror";
    public const string Seen = "kubernetes.io/config.seen";

    private const int VersionAt = 14;
    private const char Version = '8';
    private const int MarkAt = 10;

    /// <summary>A uid for a static pod of a file. Each time another: what an earlier one of the name has left is not its.</summary>
    public static string NewUid(string file)
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        bytes[6] = (byte)(0x80 | (bytes[6] & 0x0F));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        MarkOf(file).CopyTo(bytes[MarkAt..]);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    /// <summary>Whether a static pod is from this file.</summary>
    public static bool IsOf(string uid, string file) => IsStatic(uid) && uid.EndsWith(Convert.ToHexStringLower(MarkOf(file)), StringComparison.Ordinal);

    /// <summary>Whether a pod is from a file.</summary>
    public static bool IsStatic(string? uid) => uid is { Length: 36 } && uid[VersionAt] == Version;

    /// <summary>What a manifest comes down to: the same for the same text of the same file, as long as the machine bears the same name.</summary>
    public static string HashOf(JsonObject document, string file, string nodeName) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{nodeName}\n{file}\n{document.ToJsonString()}")).AsSpan(0, 16));

    /// <summary>The hash that an object was made with; null when it has none.</summary>
    public static string? HashIn(JsonObject document) => (string?)document["metadata"]?["annotations"]?[Hash];

    private static ReadOnlySpan<byte> MarkOf(string file) => SHA256.HashData(Encoding.UTF8.GetBytes(file)).AsSpan(0, 16 - MarkAt);
}
