using Insula.Api.Core;
using Insula.Api.Pods;

namespace Insula.Pods.Launch;

/// <summary>A pod's sysctls by the paths the kernel has them at, below <c>/proc/sys</c>.</summary>
internal static class PodSysctls
{
    /// <summary>Those of the IPC namespace, which the shim sets where it makes the namespace.</summary>
    public static Dictionary<string, string> OfIpc(PodSpec spec) => Of(spec, SysctlNamespace.Ipc);

    /// <summary>Those of the network namespace, which are set when the pod's interfaces are in it.</summary>
    public static Dictionary<string, string> OfNetwork(PodSpec spec) => Of(spec, SysctlNamespace.Net);

    private static Dictionary<string, string> Of(PodSpec spec, SysctlNamespace which) => (spec.SecurityContext?.Sysctls ?? [])
        .Select(sysctl => (Name: SysctlNames.Normalize(sysctl.Name), sysctl.Value))
        .Where(sysctl => SysctlNames.NamespaceOf(sysctl.Name) == which)
        .ToDictionary(sysctl => SysctlNames.PathOf(sysctl.Name), sysctl => sysctl.Value);
}
