using System.Security.Cryptography;
using System.Text;

namespace Insula.Api.Pods;

/// <summary>
/// Uids of static pods say that they are some: they are of version 8 (RFC 9562), and all that requests make are of version 4; the last six bytes say of which
/// file.
/// </summary>
public static class StaticPodUid
{
    private const int VersionAt = 14;
    private const char Version = '8';
    private const int MarkAt = 10;

    /// <summary>A uid for a static pod of a file. Each time another: what an earlier one of the name has left is not its.</summary>
    public static string New(string file)
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        bytes[6] = (byte)(0x80 | (bytes[6] & 0x0F));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        MarkOf(file).CopyTo(bytes[MarkAt..]);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    /// <summary>Whether a static pod is from this file.</summary>
    public static bool IsOf(string uid, string file) => Is(uid) && uid.EndsWith(Convert.ToHexStringLower(MarkOf(file)), StringComparison.Ordinal);

    /// <summary>Whether a pod is from a file.</summary>
    public static bool Is(string? uid) => uid is { Length: 36 } && uid[VersionAt] == Version;

    private static ReadOnlySpan<byte> MarkOf(string file) => SHA256.HashData(Encoding.UTF8.GetBytes(file)).AsSpan(0, 16 - MarkAt);
}
