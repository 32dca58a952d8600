using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Insula.Api.Manifests;

/// <summary>
/// What plain YAML words mean: the rules of the YAML reader that Kubernetes has (YAML 1.1's booleans and octal
/// numbers, YAML 1.2's hexadecimal and 0o numbers).
/// </summary>
internal static class YamlScalars
{
    /// <summary>The value of a plain word. Infinity and not-a-number, which JSON lacks, stay texts.</summary>
    public static JsonNode? Plain(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => null,
        "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y" => JsonValue.Create(true),
        "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "n" or "N" => JsonValue.Create(false),
        _ => Number(text) ?? JsonValue.Create(text),
    };

    /// <summary>The number that a plain word is; null when it is none.</summary>
    public static JsonValue? Number(string text)
    {
        if (text.Length is 0 or > 64 || !(char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.'))
        {
            return null;
        }

        var plain = text.Replace("_", "", StringComparison.Ordinal);
        var digits = plain.TrimStart('+', '-');
        if (digits.Length == 0 || plain.Length - digits.Length > 1)
        {
            return null;
        }

        var based = digits switch
        {
            ['0', 'x' or 'X', ..] => Based(digits[2..], 16),
            ['0', 'o', ..] => Based(digits[2..], 8),
            ['0', 'b', ..] => Based(digits[2..], 2),
            ['0', _, ..] when digits.All(char.IsAsciiDigit) => Based(digits[1..], 8) ?? Decimal(digits),
            _ when digits.All(char.IsAsciiDigit) => Decimal(digits),
            _ => null,
        };
        if (based is { } number)
        {
            return Create(plain[0] == '-' ? "-" + number.ToString(CultureInfo.InvariantCulture) : number.ToString(CultureInfo.InvariantCulture));
        }

        return IsFloat(digits) && double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real)
            ? Create(decimal.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var exact)
                ? exact.ToString(CultureInfo.InvariantCulture)
                : real.ToString("R", CultureInfo.InvariantCulture))
            : null;
    }

    private static JsonValue? Create(string json) => JsonText.Number(Encoding.ASCII.GetBytes(json));

    private static ulong? Decimal(string digits) =>
        ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static ulong? Based(string digits, uint radix)
    {
        ulong number = 0;
        foreach (var c in digits)
        {
            var digit = char.IsAsciiHexDigit(c) ? (uint)Convert.ToInt32(c.ToString(), 16) : uint.MaxValue;
            if (digit >= radix || number > (ulong.MaxValue - digit) / radix)
            {
                return null;
            }

            number = (number * radix) + digit;
        }

        return digits.Length == 0 ? null : number;
    }

    // [0-9]*\.?[0-9]*([eE][-+]?[0-9]+)? with at least one digit before the exponent.
    private static bool IsFloat(string text)
    {
        var at = 0;
        var digits = 0;
        var points = 0;
        for (; at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'); at++)
        {
            digits += text[at] == '.' ? 0 : 1;
            points += text[at] == '.' ? 1 : 0;
        }

        if (digits == 0 || points > 1)
        {
            return false;
        }

        if (at == text.Length)
        {
            return true;
        }

        var exponent = text[(at + 1)..].TrimStart('+', '-');
        return text[at] is 'e' or 'E' && text.Length - at - 1 - exponent.Length <= 1
            && exponent.Length > 0 && exponent.All(char.IsAsciiDigit);
    }
}
