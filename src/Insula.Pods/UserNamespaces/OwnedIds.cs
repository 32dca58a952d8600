using System.Globalization;
using Insula.Sandbox;

namespace Insula.Pods.UserNamespaces;

/// <summary>Ids of the machine that belong to somebody.</summary>
/// <param name="Owner">A name, or a number where the file has one.</param>
/// <param name="Ids">The ids.</param>
internal sealed record OwnedIds(string Owner, UserIdRange Ids)
{
    /// <summary>Everything that has an owner, the machine's root left out. Lines that are none of the format are passed over, as those who
    /// read these files for a living do.</summary>
    public static IReadOnlyList<OwnedIds> In(HostIdFiles files) =>
    [
        .. Single(files.Passwd),
        .. Single(files.Group),
        .. Subordinate(files.SubordinateUsers),
        .. Subordinate(files.SubordinateGroups),
    ];

    /// <summary>The lines of subuid(5) and subgid(5): <c>owner:first:count</c>.</summary>
    public static IEnumerable<OwnedIds> Subordinate(string text)
    {
        foreach (var line in Lines(text))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && UserIdRange.TryParse(line[(colon + 1)..]) is { } ids)
            {
                yield return new OwnedIds(line[..colon], ids);
            }
        }
    }

    // name:password:id:…
    private static IEnumerable<OwnedIds> Single(string text)
    {
        foreach (var fields in Lines(text).Select(line => line.Split(':')))
        {
            if (fields.Length > 2 && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id is > 0 and < uint.MaxValue)
            {
                yield return new OwnedIds(fields[0], new UserIdRange(id, 1));
            }
        }
    }

    private static IEnumerable<string> Lines(string text) =>
        text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#');
}
