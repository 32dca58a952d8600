using System.Buffers;
using System.Security.Cryptography;

namespace Insula.Images.Formats;

/// <summary>Content digests, <c>sha256:</c> and 64 lower-case hexadecimal digits. Other algorithms are not read.</summary>
internal static class Digests
{
    public const string Prefix = "sha256:";
    private static readonly SearchValues<char> s_hexadecimal = SearchValues.Create("0123456789abcdef");

    public static bool IsValid(string? text) =>
        text is { Length: 71 }
        && text.StartsWith(Prefix, StringComparison.Ordinal)
        && !text.AsSpan(Prefix.Length).ContainsAnyExcept(s_hexadecimal);

    public static string Hex(string digest) => digest[Prefix.Length..];

    public static string Of(ReadOnlySpan<byte> content) => Format(SHA256.HashData(content));

    public static string Format(ReadOnlySpan<byte> hash) => Prefix + Convert.ToHexStringLower(hash);

    /// <summary>The chain id of a layer upon others, as the OCI image configuration defines it.</summary>
    public static string Chain(string? parent, string diffId) =>
        parent is null ? diffId : Of(System.Text.Encoding.ASCII.GetBytes($"{parent} {diffId}"));
}
