namespace Insula.Sandbox;

/// <summary>Where sandboxes keep what belongs to them, and how long the daemon waits for a shim.</summary>
public sealed record SandboxOptions
{
    /// <summary>The daemon's root directory; the shim is installed below <c>shim/</c>.</summary>
    public required string RootDirectory { get; init; }

    /// <summary>The daemon's run directory; each sandbox has a directory below <c>sandboxes/</c>.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>The shim program to install, as built.</summary>
    public required string ShimProgram { get; init; }

    /// <summary>The program that copies files, run in containers; it is read when it is first wanted. Null: there is none.</summary>
    public string? CopyProgram { get; init; }

    /// <summary>How long a shim may take for an answer.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a shim may take to start a container or a command: a slow disk counts here.</summary>
    public TimeSpan LaunchTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long killed processes may take to be gone and cgroups to be removable.</summary>
    public TimeSpan DestroyTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
