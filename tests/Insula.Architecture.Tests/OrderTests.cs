using System.Text.RegularExpressions;
using Insula.Tests.Shared;

namespace Insula.Architecture.Tests;

/// <summary>The lists by which the programs are laid out speak of the programs that there are: a name that is missing is passed over in silence.</summary>
public sealed partial class OrderTests
{
    private const double Enough = 0.9;

    private static readonly string s_sources = Path.Combine(RepositoryRoot.Find(), "src");

    [Theory]
    [InlineData("insulad", 3000)]
    [InlineData("insula", 500)]
    public void What_was_called_when_it_was_recorded_is_still_there(string program, int least)
    {
        var types = Types();
        var methods = File.ReadLines(Path.Combine(s_sources, program, $"{program}.order"))
            .Where(line => Own().IsMatch(line)).ToList();
        var there = methods.Count(method => Parts(method).Any(types.Contains));

        Assert.InRange(methods.Count, least, int.MaxValue);
        Assert.True(there >= Enough * methods.Count, $"of {methods.Count} methods in {program}.order only {there} are of types that there are: make order");
    }

    [Theory]
    [InlineData("insulad")]
    [InlineData("insula")]
    public void The_program_is_laid_out_by_its_list(string program) => Assert.Contains(
        $"<IlcOrderFile>$(MSBuildProjectDirectory)/{program}.order</IlcOrderFile>", File.ReadAllText(Path.Combine(s_sources, program, $"{program}.csproj")), StringComparison.Ordinal);

    // As the compiler writes them: assembly, namespace and type, each character that is none of a name as an underscore.
    private static HashSet<string> Types()
    {
        var types = new HashSet<string>();
        foreach (var file in Directory.EnumerateFiles(s_sources, "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal)))
        {
            var text = File.ReadAllText(file);
            var assembly = Path.GetRelativePath(s_sources, file).Split('/')[0];
            var space = Namespace().Match(text).Groups[1].Value;
            types.UnionWith(Type().Matches(text).Select(type => NoName().Replace($"{assembly}_{space}_{type.Groups[1].Value}", "_")));
        }

        return types;
    }

    // All that the name could begin with.
    private static IEnumerable<string> Parts(string method) => Enumerable.Range(0, method.Length).Where(i => method[i] == '_').Select(i => method[..i]);

    [GeneratedRegex("^(Insula_|insulad_Insulad_|insula_Insula_)")]
    private static partial Regex Own();

    [GeneratedRegex(@"(?m)^namespace ([\w.]+)")]
    private static partial Regex Namespace();

    [GeneratedRegex(@"(?m)\b(?:class|struct|interface|enum|record(?: struct| class)?) (\w+)")]
    private static partial Regex Type();

    [GeneratedRegex(@"\W")]
    private static partial Regex NoName();
}
