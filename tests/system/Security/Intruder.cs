using System.Text;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Security;

/// <summary>The containers in which rootfs/intruder makes its attempts, and the table of what came of them.</summary>
internal static class Intruder
{
    private const int NameWidth = 64;

    /// <summary>How a container is confined: its kind, its security context, and whether its pod shares the host's user namespace.</summary>
    public static IReadOnlyList<(string Kind, object Context, bool HostUsers)> Kinds { get; } =
    [
        ("default", new { }, true),
        ("docker-caps", new { capabilities = new { add = new[] { "AUDIT_WRITE", "MKNOD", "NET_RAW" } } }, true),
        ("restricted", new
        {
            runAsUser = 1000,
            runAsNonRoot = true,
            allowPrivilegeEscalation = false,
            capabilities = new { drop = new[] { "ALL" } },
            seccompProfile = new { type = "RuntimeDefault" },
        }, true),
        ("privileged", new { privileged = true }, true),
        ("userns", new { }, false),
        ("userns-priv", new { privileged = true }, false),
    ];

    public static string Pod(string name, object context, bool hostUsers, params string[] command) =>
        Manifests.Pod(name, "", container: new { image = "intruder", command, securityContext = context }, spec: new { restartPolicy = "Never", hostUsers });

    /// <summary>The program's lines, RESULT TAB NAME, by name; in their order.</summary>
    public static IReadOnlyList<(string Name, string Result)> Read(string output) =>
        [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t', 2)).Select(f => (f[1], f[0]))];

    /// <summary>One line an attempt, one column a kind.</summary>
    public static string Table(IReadOnlyList<(string Kind, IReadOnlyList<(string Name, string Result)> Results)> columns)
    {
        var text = new StringBuilder();
        Line(text, "# attempt", columns.Select(c => c.Kind));
        for (var i = 0; i < columns[0].Results.Count; i++)
        {
            var name = columns[0].Results[i].Name;
            Assert.All(columns, c => Assert.Equal(name, c.Results[i].Name));
            Line(text, name, columns.Select(c => c.Results[i].Result));
        }

        return text.ToString();
    }

    /// <summary>
    /// The lines that are not as the golden table says. What depends on the kernel (~) is compared only so far as every
    /// kernel gives the same answer: what the golden table has refused must be refused, and a call in the same way.
    /// </summary>
    public static IReadOnlyList<string> Differences(string golden, string actual)
    {
        var (expected, seen) = (Rows(golden), Rows(actual));
        Assert.Equal(expected.Select(r => r[0]), seen.Select(r => r[0]));
        return
        [
            .. expected.Zip(seen)
                .Where(pair => !pair.First.Skip(1).Zip(pair.Second.Skip(1)).Select((cells, i) => (Kinds[i].Kind, cells.First, cells.Second))
                    .All(c => c.First == c.Second || IsAsGood(pair.First[0], c.Kind, c.First, c.Second)))
                .Select(pair => $"{pair.First[0]}: expected {string.Join(' ', pair.First[1..])}, seen {string.Join(' ', pair.Second[1..])}"),
        ];
    }

    private static bool IsAsGood(string name, string kind, string expected, string seen) =>
        name.StartsWith('~') && (kind is "privileged" or "userns-priv" || expected == "ok" || (seen != "ok" && (expected != "EPERM" || IsFile(name))));

    private static bool IsFile(string name) => name.StartsWith("~read ", StringComparison.Ordinal) || name.StartsWith("~write ", StringComparison.Ordinal);

    private static List<string[]> Rows(string table) =>
        [.. table.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => !l.StartsWith('#'))
            .Select(l => (string[])[l[..NameWidth].TrimEnd(), .. l[NameWidth..].Split(' ', StringSplitOptions.RemoveEmptyEntries)])];

    private static void Line(StringBuilder text, string name, IEnumerable<string> cells) =>
        text.Append(name.PadRight(NameWidth)).AppendLine(string.Concat(cells.Select(c => c.Replace(' ', '_').PadRight(16))).TrimEnd());
}
