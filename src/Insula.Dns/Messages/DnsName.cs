using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Insula.Dns.Messages;

/// <summary>
/// Domain names as messages have them: labels, each with its length before it, ended by an empty one. Those of tables are in lower case.
/// </summary>
public static class DnsName
{
    /// <summary>The most bytes of a name.</summary>
    public const int MaxLength = 255;

    /// <summary>The most bytes of a label.</summary>
    public const int MaxLabel = 63;

    // Of the two bits that say what a length byte is: both set for the place of the rest of the name.
    private const byte Pointer = 0xc0;

    /// <summary>The bytes of a name, in lower case.</summary>
    /// <param name="text">With dots between the labels; one at the end changes nothing.</param>
    /// <exception cref="FormatException">It is too long, or a label is empty.</exception>
    public static byte[] FromText(string text) =>
        TryFromText(text) ?? throw new FormatException($"'{text}' is no domain name: a label has 1 to {MaxLabel} bytes, all of it at most {MaxLength}");

    /// <summary>The bytes of a name, in lower case; null when it is too long, or a label is.</summary>
    /// <param name="text">With dots between the labels; one at the end changes nothing.</param>
    public static byte[]? TryFromText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var labels = text.TrimEnd('.') is { Length: > 0 } some ? some.Split('.') : [];
        var name = new List<byte>(text.Length + 2);
        foreach (var label in labels)
        {
            var bytes = Encoding.UTF8.GetBytes(label.ToLowerInvariant());
            if (bytes.Length is 0 or > MaxLabel)
            {
                return null;
            }

            name.Add((byte)bytes.Length);
            name.AddRange(bytes);
        }

        name.Add(0);
        return name.Count <= MaxLength ? [.. name] : null;
    }

    /// <summary>The name that stands for an address in reverse look-ups: <c>4.3.2.1.in-addr.arpa</c>, or its kind below <c>ip6.arpa</c>.</summary>
    public static byte[] Reverse(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var bytes = address.GetAddressBytes();
        Array.Reverse(bytes);
        return FromText(address.AddressFamily == AddressFamily.InterNetwork
            ? $"{string.Join('.', bytes)}.in-addr.arpa"
            : $"{string.Join('.', bytes.Select(b => $"{b & 0xf:x}.{b >> 4:x}"))}.ip6.arpa");
    }

    /// <summary>The name as text, without a dot at the end; bytes that are no letters, digits or the like as <c>\DDD</c>.</summary>
    public static string ToText(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder();
        for (var at = 0; at < name.Length && name[at] != 0; at += 1 + name[at])
        {
            text.Append(text.Length > 0 ? "." : "");
            foreach (var b in name.Slice(at + 1, name[at]))
            {
                text.Append(char.IsAsciiLetterOrDigit((char)b) || b is (byte)'-' or (byte)'_' ? ((char)b).ToString() : $"\\{b:d3}");
            }
        }

        return text.Length == 0 ? "." : text.ToString();
    }

    /// <summary>Whether the bytes are one whole name, in lower case.</summary>
    public static bool IsCanonical(ReadOnlySpan<byte> name)
    {
        var at = 0;
        return TrySkip(name, ref at, pointers: false) && at == name.Length && !HasUpperLetter(name);
    }

    /// <summary>Turns the letters into lower case.</summary>
    public static void Lower(ReadOnlySpan<byte> name, Span<byte> into)
    {
        // A length is at most 63, and no letter.
        for (var i = 0; i < name.Length; i++)
        {
            var b = name[i];
            into[i] = b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b | 0x20) : b;
        }
    }

    /// <summary>Goes past a name in a message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="at">Where it begins, and then what is behind it.</param>
    /// <param name="pointers">Whether its rest may be elsewhere.</param>
    public static bool TrySkip(ReadOnlySpan<byte> message, ref int at, bool pointers)
    {
        var length = 1;
        while (at < message.Length)
        {
            var label = message[at];
            if (label == 0)
            {
                at++;
                return true;
            }

            if ((label & Pointer) == Pointer)
            {
                at += 2;
                return pointers && at <= message.Length;
            }

            length += label + 1;
            if (label > MaxLabel || length > MaxLength)
            {
                return false;
            }

            at += label + 1;
        }

        return false;
    }

    /// <summary>Reads a name of a message, whose rest may be elsewhere in it: earlier only, so that it has an end.</summary>
    /// <param name="message">The message.</param>
    /// <param name="at">Where it begins, and then what is behind it.</param>
    /// <param name="into">Takes the name; of <see cref="MaxLength"/> bytes.</param>
    /// <returns>Its length; 0 when it is none.</returns>
    public static int Read(ReadOnlySpan<byte> message, ref int at, Span<byte> into)
    {
        var (from, length, end, earliest) = (at, 0, -1, at);
        while (from < message.Length)
        {
            var label = message[from];
            if ((label & Pointer) == Pointer)
            {
                if (from + 1 >= message.Length)
                {
                    return 0;
                }

                end = end < 0 ? from + 2 : end;
                from = ((label & ~Pointer) << 8) | message[from + 1];
                if (from >= earliest)
                {
                    return 0;
                }

                earliest = from;
                continue;
            }

            // What remains needs room for the empty label, too.
            if (label > MaxLabel || from + 1 + label > message.Length || length + label + (label == 0 ? 1 : 2) > MaxLength)
            {
                return 0;
            }

            message.Slice(from, label + 1).CopyTo(into[length..]);
            length += label + 1;
            from += label + 1;
            if (label == 0)
            {
                at = end < 0 ? from : end;
                return length;
            }
        }

        return 0;
    }

    private static bool HasUpperLetter(ReadOnlySpan<byte> name)
    {
        for (var at = 0; name[at] != 0; at += 1 + name[at])
        {
            if (name.Slice(at + 1, name[at]).ContainsAnyInRange((byte)'A', (byte)'Z'))
            {
                return true;
            }
        }

        return false;
    }
}
