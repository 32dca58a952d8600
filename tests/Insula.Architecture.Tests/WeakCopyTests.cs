using System.Text.RegularExpressions;
using Insula.Tests.Shared;

namespace Insula.Architecture.Tests;

/// <summary>tests/weak/defences.toml says which code is left out to see a test fail; that code is there, once.</summary>
public sealed partial class WeakCopyTests
{
    [Fact]
    public void What_is_to_be_left_out_is_in_the_sources_once()
    {
        var root = RepositoryRoot.Find();
        var text = File.ReadAllText(Path.Combine(root, "tests", "weak", "defences.toml"));
        var defences = Defence().Matches(text).Select(m => (File: m.Groups["file"].Value, Code: Code(m))).ToList();
        Assert.Equal(text.Split("[[defence]]").Length - 1, defences.Count);
        Assert.Empty(defences.Where(d => File.ReadAllText(Path.Combine(root, "src", d.File)).Split(d.Code).Length != 2).Select(d => $"{d.File}: {d.Code}"));
    }

    /// <summary>TOML's strings: of three quotes without the first line's end, of one quote as they are, of double quotes with backslashes.</summary>
    private static string Code(Match match) =>
        match.Groups["long"] is { Success: true } whole ? whole.Value.TrimStart('\n')
        : match.Groups["literal"] is { Success: true } literal ? literal.Value
        : Regex.Unescape(match.Groups["basic"].Value);

    [GeneratedRegex(""""\[\[defence\]\]\n(?:(?!\[\[).)*?file = "(?<file>[^"]+)"\nreplace = (?:'''(?<long>.*?)'''|'(?<literal>[^'\n]*)'|"(?<basic>(?:[^"\\\n]|\\.)*)")\n"""", RegexOptions.Singleline)]
    private static partial Regex Defence();
}
