using System.Text;

namespace Insula.Network.Dns;

/// <summary>The contents of a <c>resolv.conf</c> (resolv.conf(5)).</summary>
public sealed record ResolvConf
{
    /// <summary>Addresses of the name servers, in order.</summary>
    public IReadOnlyList<string> Nameservers { get; init; } = [];

    /// <summary>The search list, in order.</summary>
    public IReadOnlyList<string> Searches { get; init; } = [];

    /// <summary>Options as written: <c>name</c> or <c>name:value</c>.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>What had to be left out or replaced, one sentence each; for an event of the pod.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The text of the file.</summary>
    public string Render()
    {
        StringBuilder text = new();
        foreach (string nameserver in Nameservers)
        {
            text.Append("nameserver ").Append(nameserver).Append('\n');
        }

        if (Searches.Count > 0)
        {
            text.Append("search ").AppendJoin(' ', Searches).Append('\n');
        }

        if (Options.Count > 0)
        {
            text.Append("options ").AppendJoin(' ', Options).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Reads the text of a file as the C library does: the last <c>search</c> or <c>domain</c> line counts, comments begin with <c>#</c> or <c>;</c>.</summary>
    public static ResolvConf Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<string> nameservers = [];
        List<string> searches = [];
        List<string> options = [];
        foreach (string line in text.Split('\n'))
        {
            string[] words = line.Split([' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length < 2 || words[0][0] is '#' or ';')
            {
                continue;
            }

            switch (words[0])
            {
                case "nameserver":
                    nameservers.Add(words[1]);
                    break;
                case "domain":
                    searches = [words[1]];
                    break;
                case "search":
                    searches = [.. words.Skip(1)];
                    break;
                case "options":
                    options.AddRange(words.Skip(1));
                    break;
                default:
                    // sortlist and unknown words mean nothing in a pod.
                    break;
            }
        }

        return new ResolvConf { Nameservers = nameservers, Searches = searches, Options = options };
    }
}
