namespace Insula.Images.Tests.Support;

/// <summary>
/// What people and attackers write as an image's <c>User</c>, and whom it means: the same table for the parser and for the kernel.
/// The image's own files map every look-alike of a number to root.
/// </summary>
public static class UserStrings
{
    private const uint Most = uint.MaxValue - 1;

    // Words that some parser or other takes for a number: names to us, when the image has them.
    private static readonly string[] _lookAlikes =
        ["0x0", "0X0", "0o0", "0b0", "0x3e8", "1e0", "0e0", "0_0", "0.0", "1.0", "0d", "0l", "0u", "1000x", "x0", "O", "l", "--1", "+-0", "-", "+", "_", "0-0", "1-1000", "~0", "!0", "NaN", "Infinity", "null", "true", "nil"];

    /// <summary>The image's <c>/etc/passwd</c>.</summary>
    public static string Passwd { get; } =
        "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:app:/home/app:/bin/sh\nonly:x:7:8::/:\nmax:x:4294967294:4294967294::/:\n"
        + "4294967296:x:0:0::/:\n99999999999999999999:x:0:0::/:\n-1:x:0:0::/:\n+0:x:0:0::/:\n00:x:0:9::/:\n4242:x:0:0::/:\n"
        + "broken:x:abc:0::/:\nhex:x:0x0:0::/:\nsigned:x:+0:0::/:\nnegative:x:-1:0::/:\nspaced:x: 0:0::/:\nwide:x:4294967296:0::/:\nnochange:x:4294967295:0::/:\nempty:x::0::/:\n"
        + "short:x:0\nlong:x:0:0::/::extra\n:x:0:0::/:\n# note:x:0:0::/:\nbadgroup:x:5:x::/:\ncarriage:x:12:13::/:\r\n"
        + string.Concat(_lookAlikes.Select(name => $"{name}:x:0:0::/:\n"))
        + "app:x:0:0:again:/:/bin/sh\n";

    /// <summary>The image's <c>/etc/group</c>.</summary>
    public static string Group { get; } =
        "root:x:0:\nstaff:x:50:app,other\nwheel:x:10:root,app\n4294967296:x:0:\n-1:x:0:\n00:x:0:\nbroken:x:x:app\nwide:x:4294967296:app\n0x0:x:6:\nempty:x::app\nshort:x:1\n";

    /// <summary>The table: a text, and the ids it means; null for one that is refused.</summary>
    public static IReadOnlyList<(string Text, uint? Uid, uint? Gid)> All { get; } = [.. Table()];

    private static IEnumerable<(string Text, uint? Uid, uint? Gid)> Table()
    {
        // Numbers, whatever their zeros; a number is never looked up as a name.
        foreach (var (text, uid, gid) in ((string, uint, uint)[])
        [
            ("", 0, 0), ("0", 0, 0), ("00", 0, 0), ("000", 0, 0), ("0000000000000000000000000000000000000000", 0, 0), ("1", 1, 0), ("01", 1, 0),
            ("7", 7, 8), ("007", 7, 8), ("1000", 1000, 1001), ("01000", 1000, 1001), ("000000000000000000001000", 1000, 1001), ("4242", 4242, 0),
            ("65534", 65534, 0), ("65535", 65535, 0), ("65536", 65536, 0), ("100000", 100000, 0), ("2147483646", 2147483646, 0), ("2147483647", 2147483647, 0),
            ("2147483648", 2147483648, 0), ("2147483649", 2147483649, 0), ("4294967293", 4294967293, 0), ("4294967294", Most, Most), ("0004294967294", Most, Most),
        ])
        {
            yield return (text, uid, gid);
        }

        // Out of range: the largest means "no change" to the kernel, the rest would wrap around.
        foreach (var text in (string[])
        [
            "4294967295", "04294967295", "4294967296", "4294967297", "004294967296", "4294968296", "8589934592", "9999999999", "42949672960",
            "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "18446744073709551617", "99999999999999999999",
            "340282366920938463463374607431768211456", "1000000000000000000000000000000000000000000000000000000000000000000000000000000000",
        ])
        {
            yield return (text, null, null);
        }

        // Signs.
        foreach (var text in (string[])["-0", "-00", "-1", "-2", "-1000", "-2147483648", "-4294967295", "-4294967296", "+0", "+1", "+1000", "+4294967296", "-99999999999999999999", "−0", "﹣1", "＋0"])
        {
            yield return (text, null, null);
        }

        // Blanks and control characters, around and inside.
        foreach (var blank in (string[])[" ", "\t", "\n", "\r", "\v", "\f", "\u0085", "\u00a0", "\u2003", "\u200b", "\u3000", "\ufeff", "\0", "\u001b", "\u007f"])
        {
            yield return ($"0{blank}", null, null);
            yield return ($"{blank}0", null, null);
            yield return ($"10{blank}00", null, null);
        }

        // Digits of other scripts, and what looks like a digit.
        foreach (var text in (string[])["٠", "۰", "०", "０", "𝟎", "𝟬", "₀", "⁰", "①", "Ⅰ", "零", "〇", "١٠٠٠", "１０００", "1０00", "О", "ο", "0\u0301", "0\u200d", "\u202e0"])
        {
            yield return (text, null, null);
        }

        // Names that look like numbers: the image says who they are.
        foreach (var text in _lookAlikes)
        {
            yield return (text, 0, 0);
        }

        // The same where the image has no such name.
        foreach (var text in (string[])["0x1", "0X10", "0b1", "0o7", "1e3", "1_000", "1.5", "0x", "1000a", "a1000", "nobody", "ROOT", "Root", "root0", "0root", "..", ".", "*", "?", "%", "$UID", "$(id)", "`id`", "~", "~root", "@0", "#0", "#1000"])
        {
            yield return (text, null, null);
        }

        // Names, and lines of the image that are not well formed.
        foreach (var (text, uid, gid) in ((string, uint?, uint?)[])
        [
            ("root", 0, 0), ("app", 1000, 1001), ("only", 7, 8), ("max", Most, Most), ("carriage", 12, 13),
            ("broken", null, null), ("hex", null, null), ("signed", null, null), ("negative", null, null), ("spaced", null, null), ("wide", null, null), ("nochange", null, null),
            ("empty", null, null), ("short", null, null), ("long", null, null), ("badgroup", null, null), ("# note", null, null), ("note", null, null),
            ("/root", null, null), ("../root", null, null), ("root/", null, null), ("root,app", null, null), ("root app", null, null), (new string('a', 300), null, null), (new string('0', 300), null, null),
        ])
        {
            yield return (text, uid, gid);
        }

        // With a group.
        foreach (var (text, uid, gid) in ((string, uint?, uint?)[])
        [
            ("0:0", 0, 0), ("1000:0", 1000, 0), ("1000:1000", 1000, 1000), ("app:0", 1000, 0), ("app:staff", 1000, 50), ("1000:staff", 1000, 50), (":0", 0, 0), (":staff", 0, 50), ("root:wheel", 0, 10),
            ("00:00", 0, 0), ("01000:0050", 1000, 50), ("4242:4294967294", 4242, Most), ("0x0:0x0", 0, 6), ("app:2147483648", 1000, 2147483648),
            (":", null, null), ("0:", null, null), ("app:", null, null), ("0::", null, null), ("::", null, null), ("0:0:0", null, null), ("app:staff:0", null, null), ("0:-1", null, null), ("0:+0", null, null),
            ("0:4294967295", null, null), ("0:4294967296", null, null), ("0:18446744073709551616", null, null), ("app:nogroup", null, null), ("app:broken", null, null), ("app:wide", null, null),
            ("app:empty", null, null), ("app:short", null, null), ("0: 0", null, null), ("0 :0", null, null), ("0:0 ", null, null), ("0:٠", null, null), ("nobody:0", null, null), ("-1:0", null, null), ("4294967296:0", null, null),
        ])
        {
            yield return (text, uid, gid);
        }
    }
}
