using System.Globalization;
using System.Text;

namespace Insula.Images.Tar;

/// <summary>
/// The records of a pax extended header: <c>LENGTH KEY=VALUE\n</c>, see pax(1) of POSIX. Values are bytes: an
/// attribute such as <c>security.capability</c> is no text.
/// </summary>
internal sealed class PaxRecords
{
    private const string AttributePrefix = "SCHILY.xattr.";
    private const int LongestAttribute = 64 << 10;
    private readonly Dictionary<string, byte[]> _values = new(StringComparer.Ordinal);

    public IEnumerable<string> Keys => _values.Keys;

    public static PaxRecords Parse(ReadOnlySpan<byte> data)
    {
        var result = new PaxRecords();
        while (!data.IsEmpty)
        {
            var space = data.IndexOf((byte)' ');
            if (space is < 1 or > 8
                || !int.TryParse(data[..space], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
                || length > data.Length
                || length < space + 3
                || data[length - 1] != '\n')
            {
                throw TarErrors.Broken("an extended header's record has a wrong length");
            }

            var record = data[(space + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals < 1)
            {
                throw TarErrors.Broken("an extended header's record has no key");
            }

            result._values[TarText.Decode(record[..equals], "a pax key")] = record[(equals + 1)..].ToArray();
            data = data[length..];
        }

        return result;
    }

    public bool Has(string key) => _values.ContainsKey(key);

    /// <summary>A text value; null when absent, or empty, which pax defines as "not overridden".</summary>
    public string? Text(string key) =>
        _values.TryGetValue(key, out var value) && value.Length > 0 ? TarText.Decode(value, "pax " + key) : null;

    public long? Number(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw TarErrors.Broken($"pax {key} is no number");
    }

    /// <summary>A time: decimal seconds, with a sign and a fraction if need be.</summary>
    public (long Seconds, int Nanoseconds)? Time(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        var dot = text.IndexOf('.', StringComparison.Ordinal);
        var whole = dot < 0 ? text : text[..dot];
        var fraction = dot < 0 ? "" : text[(dot + 1)..];
        if (!long.TryParse(whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds)
            || fraction.Any(c => !char.IsAsciiDigit(c)))
        {
            throw TarErrors.Broken($"pax {key} is no time");
        }

        var nanoseconds = int.Parse(fraction.PadRight(9, '0')[..9], NumberStyles.None, CultureInfo.InvariantCulture);

        // The kernel wants nanoseconds counted upwards: -1.25 s is -2 s and 750,000,000 ns.
        return whole.StartsWith('-') && nanoseconds > 0 ? (seconds - 1, 1_000_000_000 - nanoseconds) : (seconds, nanoseconds);
    }

    public IReadOnlyDictionary<string, byte[]> Attributes()
    {
        Dictionary<string, byte[]>? attributes = null;
        foreach (var (key, value) in _values)
        {
            if (!key.StartsWith(AttributePrefix, StringComparison.Ordinal))
            {
                continue;
            }

            var name = key[AttributePrefix.Length..];
            if (value.Length > LongestAttribute || name.Length > 255 || Encoding.UTF8.GetByteCount(name) > 255)
            {
                throw TarErrors.TooLarge($"attribute {Printable.Quote(name)} is larger than the kernel takes");
            }

            (attributes ??= new(StringComparer.Ordinal))[name] = value;
        }

        return attributes ?? TarEntry.NoAttributes;
    }
}
