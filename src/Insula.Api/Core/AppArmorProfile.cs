namespace Insula.Api.Core;

/// <summary>An AppArmor profile (core/v1 AppArmorProfile).</summary>
public sealed record AppArmorProfile
{
    /// <summary>One of <see cref="ProfileTypes"/>.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>Name of the profile for Localhost.</summary>
    public string? LocalhostProfile { get; init; }
}
