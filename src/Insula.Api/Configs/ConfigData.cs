using Insula.Api.Validation;

namespace Insula.Api.Configs;

/// <summary>What ConfigMaps and Secrets have in common: keys, sizes, and data that may be made unchangeable.</summary>
internal static class ConfigData
{
    /// <summary>The most that all values of an object may have together, in bytes.</summary>
    public const int MostBytes = 1024 * 1024;

    private const string Unchangeable = "field is immutable when `immutable` is set";

    public static void Key(ErrorList at, string key)
    {
        if (Names.ConfigKey(key) is { } complaint)
        {
            at.Key(key).Invalid(key, complaint);
        }
    }

    /// <summary>The bytes of a value in base64; null, and an error that does not show it, when it is none.</summary>
    public static byte[]? Bytes(ErrorList at, string key, string base64)
    {
        // Go's decoder, and so every other client, ignores line breaks and no other space.
        var text = base64.Replace("\n", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal);
        var bytes = new byte[(text.Length / 4 * 3) + 3];
        if (!text.Any(char.IsWhiteSpace) && Convert.TryFromBase64String(text, bytes, out var length))
        {
            return bytes[..length];
        }

        at.Key(key).Invalid("<not shown>", "must be bytes in base64; for text use " + (at.Path == "binaryData" ? "data" : "stringData"));
        return null;
    }

    public static void Size(ErrorList at, long bytes)
    {
        if (bytes > MostBytes)
        {
            at.Invalid("<not shown>", $"must have at most {MostBytes} bytes; it has {bytes}");
        }
    }

    /// <summary>Checks a change of an object that is immutable.</summary>
    /// <param name="at">The object.</param>
    /// <param name="before">What it said of itself.</param>
    /// <param name="after">What it is to say.</param>
    /// <param name="fields">The data by field, before and after.</param>
    public static void Immutable(
        ErrorList at, bool? before, bool? after, params IEnumerable<(string Field, IReadOnlyDictionary<string, string> Before, IReadOnlyDictionary<string, string> After)> fields)
    {
        if (before != true)
        {
            return;
        }

        if (after != true)
        {
            at.Field("immutable").Forbidden(Unchangeable);
        }

        foreach (var (field, old, changed) in fields)
        {
            if (old.Count != changed.Count || old.Any(entry => !changed.TryGetValue(entry.Key, out var value) || value != entry.Value))
            {
                at.Field(field).Forbidden(Unchangeable);
            }
        }
    }
}
