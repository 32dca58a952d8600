namespace Insula.Images;

/// <summary>
/// The <c>config</c> member of an OCI image configuration. All of it is the image's claim and hostile until checked:
/// it never changes what the daemon does beyond starting the program. Absent members are empty.
/// </summary>
public sealed record ImageConfig
{
    /// <summary>Words put before the arguments.</summary>
    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    /// <summary>Default arguments.</summary>
    public IReadOnlyList<string> Cmd { get; init; } = [];

    /// <summary>Environment, each <c>NAME=value</c>.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    /// <summary>Working directory; empty means <c>/</c>.</summary>
    public string WorkingDir { get; init; } = "";

    /// <summary><c>user[:group]</c>, names or numbers; empty means root. Read it with <see cref="ImageUsers"/>.</summary>
    public string User { get; init; } = "";

    /// <summary>Paths that want a volume, sorted.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    /// <summary>Name or number of the signal that asks the program to end; empty means SIGTERM.</summary>
    public string StopSignal { get; init; } = "";

    /// <summary>Labels: data only.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Ports (<c>80/tcp</c>) the program says it listens on, sorted.</summary>
    public IReadOnlyList<string> ExposedPorts { get; init; } = [];
}
