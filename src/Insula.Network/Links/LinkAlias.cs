using System.Net;
using System.Net.Sockets;

namespace Insula.Network.Links;

/// <summary>A link's alias, the kernel's record of an allocation: <c>insula &lt;sandbox&gt; &lt;address&gt; [&lt;IPv6 address&gt;]</c>.</summary>
internal sealed record LinkAlias(string SandboxId, IReadOnlyList<IPAddress> Addresses)
{
    private const string Word = "insula";

    /// <summary>The longest sandbox id that still fits into the kernel's 255 bytes with both addresses.</summary>
    public const int MaxSandboxId = 150;

    /// <summary>Reads an alias; <see langword="null"/> when it is none of ours.</summary>
    public static LinkAlias? Parse(string? alias)
    {
        string[] words = (alias ?? "").Split(' ');
        if (words.Length is < 3 or > 4 || words[0] != Word || !IsSandboxId(words[1]))
        {
            return null;
        }

        List<IPAddress> addresses = [];
        foreach (string word in words.Skip(2))
        {
            if (!IPAddress.TryParse(word, out IPAddress? address))
            {
                return null;
            }

            addresses.Add(address);
        }

        return addresses[0].AddressFamily == AddressFamily.InterNetwork ? new LinkAlias(words[1], addresses) : null;
    }

    /// <summary>Whether this can stand as one word of the alias.</summary>
    public static bool IsSandboxId(string id) => id.Length is > 0 and <= MaxSandboxId && id.All(c => c is > ' ' and < '\x7f');

    public override string ToString() => $"{Word} {SandboxId} {string.Join(' ', Addresses)}";
}
