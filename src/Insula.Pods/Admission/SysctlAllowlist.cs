using Insula.Api.Pods;

namespace Insula.Pods.Admission;

/// <summary>
/// Which sysctls pods may set: those Kubernetes calls safe (namespaced, and without influence on other pods), and those the operator
/// has allowed by name or pattern. Only what is known to be namespaced can be allowed.
/// </summary>
public sealed class SysctlAllowlist
{
    // As of Kubernetes 1.35; all of them are namespaced in every kernel we run on.
    private static readonly string[] _safe =
    [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
    ];

    private readonly HashSet<string> _names = [.. _safe];
    private readonly List<string> _beginnings = [];

    /// <summary>The safe ones and these.</summary>
    /// <param name="patterns">Names, or beginnings of names with a <c>*</c>, for example <c>net.core.somaxconn</c>, <c>kernel.msg*</c>.</param>
    /// <exception cref="FormatException">One is malformed, or not known to be namespaced; the message says which.</exception>
    public SysctlAllowlist(IEnumerable<string> patterns)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        foreach (var pattern in patterns)
        {
            if (!SysctlNames.IsValidPattern(pattern))
            {
                throw new FormatException($"sysctl \"{pattern}\" must have at most {SysctlNames.MaxLength} characters and match regex {SysctlNames.PatternForm}");
            }

            var normalized = SysctlNames.Normalize(pattern);
            var star = normalized.IndexOf('*', StringComparison.Ordinal);
            var name = star < 0 ? normalized : normalized[..star];
            if (SysctlNames.NamespaceOf(name) == SysctlNamespace.Unknown && !(star >= 0 && name is "kernel.shm" or "kernel.msg"))
            {
                throw new FormatException($"the sysctls \"{name}\" are not known to be namespaced");
            }

            if (star < 0)
            {
                _names.Add(name);
            }
            else
            {
                _beginnings.Add(name);
            }
        }
    }

    /// <summary>Why a pod may not set it, in the kubelet's words; null when it may.</summary>
    /// <param name="name">The name as the manifest has it.</param>
    public string? Complaint(string name)
    {
        var normalized = SysctlNames.Normalize(name);
        if (!_names.Contains(normalized) && !_beginnings.Exists(b => normalized.StartsWith(b, StringComparison.Ordinal)))
        {
            return $"\"{normalized}\" not allowlisted";
        }

        // A pattern may be wider than what the kernel keeps for each namespace.
        return SysctlNames.NamespaceOf(normalized) == SysctlNamespace.Unknown ? $"\"{normalized}\" is not known to be namespaced" : null;
    }
}
