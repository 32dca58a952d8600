namespace Insula.Sandbox;

/// <summary>The paths of the pod's own mount namespace, which container mounts name as their sources.</summary>
public static class PodPaths
{
    /// <summary>Where <see cref="SandboxSpec.PodDirectory"/> appears (read-write).</summary>
    public const string PodDirectory = "/pod";

    /// <summary>Where <see cref="SandboxSpec.LayersDirectory"/> appears (read-only).</summary>
    public const string LayersDirectory = "/layers";

    /// <summary>Where memory volumes appear, by name.</summary>
    public const string MemoryVolumes = "/volumes";

    /// <summary>The path of something below the pod directory.</summary>
    /// <param name="relative">A relative path without <c>..</c>, for example <c>volumes/cache</c>.</param>
    public static string InPodDirectory(string relative) => Join(PodDirectory, relative);

    /// <summary>The path of a memory volume.</summary>
    /// <param name="name">The volume's name.</param>
    public static string MemoryVolume(string name) => Join(MemoryVolumes, name);

    private static string Join(string root, string relative)
    {
        ArgumentException.ThrowIfNullOrEmpty(relative);
        if (relative[0] == '/' || relative.Contains('\0', StringComparison.Ordinal)
            || relative.Split('/').Any(part => part is "" or "." or ".."))
        {
            throw new ArgumentException($"'{relative}' is not a plain relative path", nameof(relative));
        }

        return root + "/" + relative;
    }
}
