namespace Insula.Api.PodSecurity;

/// <summary>A level at a version, such as <c>restricted:latest</c>.</summary>
/// <param name="Level">How strict.</param>
/// <param name="Version">By whose checks.</param>
public readonly record struct PodSecurityStandard(PodSecurityLevel Level, PodSecurityVersion Version)
{
    /// <summary>Allows everything.</summary>
    public static readonly PodSecurityStandard Privileged = new(PodSecurityLevel.Privileged, PodSecurityVersion.Latest);

    /// <summary>What is wrong with a text that <see cref="TryParseLevel"/> refuses.</summary>
    public const string LevelComplaint = "must be one of privileged, baseline, restricted";

    /// <summary>Reads <c>LEVEL</c> or <c>LEVEL:VERSION</c>.</summary>
    public static bool TryParse(string text, out PodSecurityStandard standard)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var isLevel = TryParseLevel(colon < 0 ? text : text[..colon], out var level);
        var isVersion = PodSecurityVersion.TryParse(colon < 0 ? "latest" : text[(colon + 1)..], out var version);
        standard = new(level, version);
        return isLevel && isVersion;
    }

    /// <summary>Reads a level; the strictest when the text is none.</summary>
    public static bool TryParseLevel(string text, out PodSecurityLevel level)
    {
        (level, var known) = text switch
        {
            "privileged" => (PodSecurityLevel.Privileged, true),
            "baseline" => (PodSecurityLevel.Baseline, true),
            "restricted" => (PodSecurityLevel.Restricted, true),
            _ => (PodSecurityLevel.Restricted, false),
        };
        return known;
    }

    /// <summary>LEVEL:VERSION.</summary>
    public override string ToString() => $"{Level.ToString().ToLowerInvariant()}:{Version}";
}
