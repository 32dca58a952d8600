namespace Insula.Api.Pods;

/// <summary>The kind of kernel namespace that a sysctl belongs to.</summary>
public enum SysctlNamespace
{
    /// <summary>None that is known: it is the machine's.</summary>
    Unknown,

    /// <summary>The IPC namespace, see ipc_namespaces(7).</summary>
    Ipc,

    /// <summary>The network namespace, see network_namespaces(7).</summary>
    Net,
}
