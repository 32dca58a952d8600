using System.Globalization;

namespace Insula.Images.Users;

/// <summary>
/// User and group ids as text. A word that looks like a number is one: were <c>4294967296</c> taken for a name, an
/// image could map it to root past every check of the number (CVE-2026-46680).
/// </summary>
internal static class NumericId
{
    /// <summary>Whether the word must be read as a number: digits only, or a sign before a digit.</summary>
    public static bool LooksNumeric(string word) =>
        word.Length > 0 && (char.IsAsciiDigit(word[0]) || (word.Length > 1 && word[0] is '+' or '-' && char.IsAsciiDigit(word[1])))
        && !word.AsSpan(1).ContainsAnyExceptInRange('0', '9');

    /// <summary>
    /// Reads decimal digits, leading zeros allowed as Kubernetes' runtimes do, up to 4294967294: the largest 32-bit
    /// value means "no change" to the kernel.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> digits, out uint id) =>
        uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out id) && id != uint.MaxValue;
}
