using System.Text.RegularExpressions;
using Insula.Tests.Shared;

namespace Insula.Architecture.Tests;

/// <summary>What the Makefile's targets tell the scripts that run as root, by sudo too.</summary>
public sealed partial class AsRootTests
{
    [Fact]
    public void Every_variable_that_a_target_sets_comes_through()
    {
        var script = File.ReadAllText(Path.Combine(RepositoryRoot.Find(), "scripts", "as-root.sh"));
        var kept = Kept().Match(script).Groups[1].Value.Split(',').ToHashSet();
        var told = Lines().Matches(File.ReadAllText(Path.Combine(RepositoryRoot.Find(), "Makefile")))
            .SelectMany(line => Assignment().Matches(line.Groups[1].Value)).Select(m => m.Groups[1].Value).Distinct().ToList();
        Assert.Contains("FILTER", told);
        Assert.Contains("compgen -e INSULA_", script, StringComparison.Ordinal);
        Assert.DoesNotContain(told, name => !name.StartsWith("INSULA_", StringComparison.Ordinal) && !kept.Contains(name));
    }

    [GeneratedRegex(@"--preserve-env=""\$\{ours\}([A-Z_,]+)""")]
    private static partial Regex Kept();

    [GeneratedRegex(@"(?m)^\t@(.*)scripts/as-root\.sh ")]
    private static partial Regex Lines();

    [GeneratedRegex(@"([A-Z_]+)=")]
    private static partial Regex Assignment();
}
