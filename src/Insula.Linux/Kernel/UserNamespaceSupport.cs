namespace Insula.Linux.Kernel;

/// <summary>What the kernel must have so that pods can have user namespaces over images; see user_namespaces(7).</summary>
public static class UserNamespaceSupport
{
    private const string Limit = "/proc/sys/user/max_user_namespaces";

    /// <summary>Overlayfs takes idmapped layers since then.</summary>
    public static KernelVersion IdMappedLayers { get; } = new(5, 19);

    /// <summary>What is missing, without trying; null when nothing is known to be. Whether a file system can map ids is not asked.</summary>
    public static string? Lack() => Lack(KernelVersion.Current, File.Exists("/proc/self/ns/user"), File.Exists(Limit) ? File.ReadAllText(Limit) : "");

    /// <summary>The same for given findings.</summary>
    /// <param name="version">The kernel's.</param>
    /// <param name="hasNamespace">Whether it knows user namespaces.</param>
    /// <param name="limit">Text of <c>user.max_user_namespaces</c>; empty when there is no such setting.</param>
    public static string? Lack(KernelVersion version, bool hasNamespace, string limit)
    {
        ArgumentNullException.ThrowIfNull(limit);
        if (!hasNamespace)
        {
            return "the kernel has no user namespaces (CONFIG_USER_NS)";
        }

        if (limit.Trim() == "0")
        {
            return "user namespaces are switched off: sysctl user.max_user_namespaces is 0";
        }

        return version < IdMappedLayers ? $"overlay takes idmapped image layers since Linux {IdMappedLayers}; this is {version}" : null;
    }
}
