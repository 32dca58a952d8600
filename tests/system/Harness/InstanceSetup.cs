namespace Insula.SystemTests.Harness;

/// <summary>What is special about a daemon's start.</summary>
public sealed record InstanceSetup
{
    /// <summary>The configuration file's text.</summary>
    public string Config { get; init; } = "";

    /// <summary>The API socket's path, when not in the run directory.</summary>
    public Func<Instance, string>? Socket { get; init; }

    /// <summary>Furnishes the instance's network namespace, before the daemon starts.</summary>
    public Func<Instance, Task>? Prepare { get; init; }

    /// <summary>
    /// Shell commands that change the mounts the daemon sees, run in a mount namespace of its own whose changes reach nobody else;
    /// empty for the machine's.
    /// </summary>
    public string Mounts { get; init; } = "";

    /// <summary>The network namespace of another instance, to live beside it.</summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>Whether the daemon and its shims are those with failpoints.</summary>
    public bool Failpoints { get; init; }

    /// <summary>Where the daemon and its shim are, when not this build's: see <see cref="Instance.Programs"/>.</summary>
    public string Programs { get; init; } = "";

    /// <summary>Variables of the daemon's environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
}
