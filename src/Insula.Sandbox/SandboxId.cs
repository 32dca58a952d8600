using System.Text.RegularExpressions;

namespace Insula.Sandbox;

/// <summary>Names that become path components of directories and cgroups, checked where they come in.</summary>
internal static partial class SandboxId
{
    /// <summary>Refuses what could be more than one plain component.</summary>
    /// <exception cref="SandboxException">It is not.</exception>
    public static void Check(string kind, string id)
    {
        if (!Plain().IsMatch(id))
        {
            throw new SandboxException(
                $"{kind} '{id}' is not one plain path component (letters, digits, '-', '_', '.', beginning with a letter or digit, at most 120)");
        }
    }

    /// <summary>The pod's uid within <c>&lt;uid&gt;-&lt;attempt&gt;</c>.</summary>
    public static string PodUidOf(string sandboxId)
    {
        var dash = sandboxId.LastIndexOf('-');
        return dash < 0 ? sandboxId : sandboxId[..dash];
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9_.-]{0,119}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();
}
