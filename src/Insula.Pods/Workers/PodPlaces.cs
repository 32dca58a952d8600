using System.Globalization;

namespace Insula.Pods.Workers;

/// <summary>The directories and names of one pod, as all of the daemon agrees on them.</summary>
internal sealed class PodPlaces(PodOptions options, string uid)
{
    /// <summary>Where logs are, a directory for each container, relative to <see cref="Directory"/>.</summary>
    public const string Logs = "logs";

    /// <summary>Where writable layers are, a directory for each container's start.</summary>
    public const string Layers = "containers";

    public string Uid => uid;

    /// <summary>The pod's lasting directory: logs, volumes, etc files, writable layers.</summary>
    public string Directory { get; } = Path.Combine(options.RootDirectory, "pods", uid);

    public string SandboxId(int attempt) => string.Create(CultureInfo.InvariantCulture, $"{uid}-{attempt}");

    public string SandboxRunDirectory(int attempt) => SandboxRunDirectory(SandboxId(attempt));

    public string SandboxRunDirectory(string sandbox) => Path.Combine(options.RunDirectory, "sandboxes", sandbox);

    public static string ContainerId(string name, int attempt) => string.Create(CultureInfo.InvariantCulture, $"{name}.{attempt}");

    public static (string Name, int Attempt)? ParseContainerId(string id)
    {
        var dot = id.LastIndexOf('.');
        return dot > 0 && int.TryParse(id.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var attempt)
            ? (id[..dot], attempt)
            : null;
    }

    /// <summary>The pod uid and attempt in a sandbox's id.</summary>
    public static (string Uid, int Attempt)? ParseSandboxId(string id)
    {
        var dash = id.LastIndexOf('-');
        return dash > 0 && int.TryParse(id.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var attempt)
            ? (id[..dash], attempt)
            : null;
    }

    /// <summary>A log relative to <see cref="Directory"/>.</summary>
    public static string LogPath(string name, int attempt) => string.Create(CultureInfo.InvariantCulture, $"{Logs}/{name}/{attempt}.log");

    /// <summary>A termination message file relative to <see cref="Directory"/>.</summary>
    public static string TerminationPath(string name, int attempt) => string.Create(CultureInfo.InvariantCulture, $"termination/{name}.{attempt}");
}
