using System.Text.RegularExpressions;
using Insula.Tests.Shared;

namespace Insula.Architecture.Tests;

/// <summary>docs/reliability.md names tests; each of them exists.</summary>
public sealed partial class ReliabilityPageTests
{
    [Fact]
    public void Every_test_the_page_names_exists()
    {
        var root = RepositoryRoot.Find();
        var page = File.ReadAllText(Path.Combine(root, "docs", "reliability.md"));
        var named = Managed().Matches(page).Concat(Native().Matches(page)).Select(m => (File: m.Groups[1].Value, Test: m.Groups[2].Value)).ToHashSet();
        Assert.True(named.Count > 40, $"only {named.Count} tests found on the page");
        var missing = named.Where(n => !Exists(root, n.File, n.Test)).Select(n => $"{n.File}: {n.Test}");
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_class_has_a_row_and_a_test_or_says_why_not()
    {
        var rows = Row().Matches(File.ReadAllText(Path.Combine(RepositoryRoot.Find(), "docs", "reliability.md")));
        Assert.Equal(Enumerable.Range(1, 37), rows.Select(r => int.Parse(r.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.All(rows, row => Assert.Matches(@"Tests\.|_test\.c:|\*open:\*", row.Groups[2].Value));
    }

    [Fact]
    public void What_has_been_left_out_to_see_a_test_fail_is_what_the_page_says()
    {
        var root = RepositoryRoot.Find();
        var tried = Defence().Matches(File.ReadAllText(Path.Combine(root, "tests", "weak", "defences.toml"))).Select(m => m.Groups[1].Value).Distinct();
        var said = Row().Matches(File.ReadAllText(Path.Combine(root, "docs", "reliability.md")))
            .Where(row => row.Groups[2].Value.TrimEnd().EndsWith("C#", StringComparison.Ordinal)).Select(row => row.Groups[1].Value);
        Assert.Equal(tried, said);
    }

    private static bool Exists(string root, string file, string test)
    {
        var native = file.EndsWith(".c", StringComparison.Ordinal);
        var files = native
            ? [Path.Combine(root, "native", "tests", file)]
            : Directory.EnumerateFiles(Path.Combine(root, "tests"), file + ".cs", SearchOption.AllDirectories);
        return files.Any(path => File.Exists(path) && File.ReadAllText(path).Contains($" {test}(", StringComparison.Ordinal));
    }

    [GeneratedRegex(@"`([A-Za-z]+Tests)\.([A-Za-z0-9_]+)`")]
    private static partial Regex Managed();

    [GeneratedRegex(@"`([a-z]+_test\.c):([a-z0-9_]+)`")]
    private static partial Regex Native();

    [GeneratedRegex(@"^class = (\d+)$", RegexOptions.Multiline)]
    private static partial Regex Defence();

    [GeneratedRegex(@"^\| (\d+) \|(.*)\|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
