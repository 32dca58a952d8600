using System.Text.RegularExpressions;

namespace Insula.Tests.Shared;

/// <summary>The failpoints of the sources, of the daemon and of the shim: who adds one there has it in every test that goes through all.</summary>
internal static partial class FailpointNames
{
    /// <summary>A failpoint.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="InShim">Whether it is one of the shim's.</param>
    /// <param name="MayFail">Whether what is done there can fail, too.</param>
    /// <param name="File">Where it is.</param>
    public sealed record Failpoint(string Name, bool InShim, bool MayFail, string File);

    /// <summary>All of them, in the order of their names; one that is there twice is listed twice.</summary>
    public static IReadOnlyList<Failpoint> All() =>
        [.. Of("src", "*.cs", Managed(), inShim: false).Concat(Of("native/src", "*.c", Native(), inShim: true)).OrderBy(f => f.Name, StringComparer.Ordinal)];

    /// <summary>The calls whose name is no literal, which nobody would find.</summary>
    public static IReadOnlyList<string> WithoutName() =>
        [.. Sources("src", "*.cs").Where(f => ManagedCall().Count(Text(f)) != Managed().Count(Text(f))),
            .. Sources("native/src", "*.c").Where(f => NativeCall().Count(Text(f)) != Native().Count(Text(f)))];

    private static IEnumerable<Failpoint> Of(string folder, string pattern, Regex call, bool inShim) =>
        from file in Sources(folder, pattern)
        from match in call.Matches(Text(file))
        select new Failpoint(match.Groups["name"].Value, inShim, match.Groups["fails"].Success, file);

    private static string Text(string file) => File.ReadAllText(file);

    // The two files that define what a failpoint is have none.
    private static IEnumerable<string> Sources(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(RepositoryRoot.Find(), folder), pattern, SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
            .Where(file => Path.GetFileName(file) is not ("Failpoint.cs" or "failpoint.c"));

    [GeneratedRegex(@"\bFailpoint\.(?:Hit|(?<fails>MayFail))\(""(?<name>[^""]*)""")]
    private static partial Regex Managed();

    [GeneratedRegex(@"\bFailpoint\.\w+\(")]
    private static partial Regex ManagedCall();

    [GeneratedRegex(@"\bfailpoint(?<fails>_fails)?\(""(?<name>[^""]*)""\)")]
    private static partial Regex Native();

    [GeneratedRegex(@"\bfailpoint(_fails)?\(")]
    private static partial Regex NativeCall();
}
