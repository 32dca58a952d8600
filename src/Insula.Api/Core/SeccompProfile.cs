namespace Insula.Api.Core;

/// <summary>A system call filter (core/v1 SeccompProfile).</summary>
public sealed record SeccompProfile
{
    /// <summary>RuntimeDefault, Unconfined or Localhost.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>File of the profile for Localhost.</summary>
    public string? LocalhostProfile { get; init; }
}
