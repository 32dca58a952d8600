using System.Globalization;
using System.Net;
using Insula.Ingresses.Configuration;

namespace Insula.Ingresses.Runtime;

/// <summary>What a running HAProxy says of itself.</summary>
public sealed record ProxyState
{
    // Answers of its command line (management guide, 9.3).
    private const int MaintenanceBits = 0x01 | 0x02 | 0x20;
    private const int DrainBits = 0x08 | 0x10;
    private const int ServerFields = 19;
    private const int PortField = 18;

    /// <summary>The digest of its configuration; empty when it tells none.</summary>
    public required string Digest { get; init; }

    /// <summary>The process that says so; it is another one with each configuration that is loaded. Empty when it tells none.</summary>
    public required string Worker { get; init; }

    /// <summary>Whether the daemon has noted that it knows all pods.</summary>
    public required bool Ready { get; init; }

    /// <summary>Its places, in its order.</summary>
    public required IReadOnlyList<ServerSlot> Slots { get; init; }

    /// <summary>How many places each backend has.</summary>
    public IReadOnlyDictionary<string, int> Places => Slots.GroupBy(s => s.Backend).ToDictionary(b => b.Key, b => b.Count());

    /// <summary>The commands whose answers <see cref="Read"/> takes.</summary>
    /// <param name="directory">Where HAProxy sees its files.</param>
    public static IReadOnlyList<string> Questions(string directory) => ["show info", "show servers state", $"show map {directory}/{ProxyFiles.State}"];

    /// <summary>Reads the answers; null when they are none. Lines of another form than expected are left out: what is not seen is not relied upon.</summary>
    public static ProxyState? Read(IReadOnlyList<string> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        if (answers.Count != 3 || !answers[0].Contains("Name: HAProxy", StringComparison.Ordinal))
        {
            return null;
        }

        var about = Lines(answers[0]);
        string Fact(string name) => about.FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal))?[name.Length..] ?? "";
        return new ProxyState
        {
            Digest = Fact("description: "),
            Worker = Fact("Pid: "),
            Slots = [.. Lines(answers[1]).Select(Slot).OfType<ServerSlot>()],
            Ready = Lines(answers[2]).Any(l => l.Split(' ') is [_, ProxyFiles.Ready, ..]),
        };
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static ServerSlot? Slot(string line)
    {
        var fields = line.Split(' ');
        if (fields.Length < ServerFields || !ConfigurationWriter.IsName(fields[1]) || !ConfigurationWriter.IsName(fields[3]) || !int.TryParse(fields[6], NumberStyles.None, CultureInfo.InvariantCulture, out var state))
        {
            return null;
        }

        var address = IPAddress.TryParse(fields[4], out var ip) && ushort.TryParse(fields[PortField], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            ? new IPEndPoint(ip, port) : null;
        return new ServerSlot(fields[1], fields[3], address, (state & (MaintenanceBits | DrainBits)) == 0);
    }
}
