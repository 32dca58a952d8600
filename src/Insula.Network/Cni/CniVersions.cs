namespace Insula.Network.Cni;

/// <summary>The versions of the CNI specification that are spoken, and what came with which.</summary>
internal static class CniVersions
{
    /// <summary>All, the oldest first. Before 0.3.0 there were neither lists nor what results have now.</summary>
    public static readonly IReadOnlyList<string> Spoken = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

    /// <summary>Whether plug-ins know CHECK, and are told by DEL what ADD had given.</summary>
    public static bool HasCheck(string version) => Rank(version) >= Rank("0.4.0");

    /// <summary>Whether plug-ins know GC and STATUS.</summary>
    public static bool HasGarbageCollection(string version) => Rank(version) >= Rank("1.1.0");

    /// <summary>Whether the text has the form of a version, known or not.</summary>
    public static bool IsVersion(string text) =>
        text.Split('.') is { Length: 3 } parts && parts.All(p => p.Length is > 0 and <= 4 && p.All(char.IsAsciiDigit));

    /// <summary>The newest version that the list allows, the plug-ins all speak, and so do we; null for none.</summary>
    /// <param name="allowed">What the list says.</param>
    /// <param name="supported">What each plug-in says.</param>
    public static string? Choose(IReadOnlyCollection<string> allowed, IEnumerable<IReadOnlyCollection<string>> supported) =>
        Spoken.Where(allowed.Contains).LastOrDefault(v => supported.All(s => s.Contains(v)));

    private static int Rank(string version) => Spoken.TakeWhile(v => v != version).Count();
}
