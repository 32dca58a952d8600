using System.Globalization;
using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Pods.UserNamespaces;
using Insula.Sandbox;

namespace Insula.Pods.Launch;

/// <summary>A pod's sysctls by the paths the kernel has them at, below <c>/proc/sys</c>.</summary>
internal static class PodSysctls
{
    private const string PingGroups = "net/ipv4/ping_group_range";

    private const uint HighestGroup = int.MaxValue; // the kernel allows none above in a range

    /// <summary>
    /// Those of the IPC namespace, and ours of the network namespace: the shim sets them where it makes the namespaces, as root of them.
    /// Ours is ping by sockets that can do nothing else, since containers have no NET_RAW of themselves.
    /// </summary>
    /// <param name="spec">The pod's specification.</param>
    /// <param name="users">The ids of its user namespace; null for the host's.</param>
    public static Dictionary<string, string> OfSandbox(PodSpec spec, UserIdRange? users)
    {
        var result = Of(spec, SysctlNamespace.Ipc);
        if (!spec.HostNetwork && !Of(spec, SysctlNamespace.Net).ContainsKey(PingGroups))
        {
            result[PingGroups] = string.Create(CultureInfo.InvariantCulture, $"0 {(users is null ? HighestGroup : users.Count - 1)}");
        }

        return result;
    }

    /// <summary>Those of the network namespace that the manifest has, which are set when the pod's interfaces are in it.</summary>
    /// <param name="spec">The pod's specification.</param>
    /// <param name="users">The ids of its user namespace; null for the host's.</param>
    public static Dictionary<string, string> OfNetwork(PodSpec spec, UserIdRange? users)
    {
        var result = Of(spec, SysctlNamespace.Net);
        if (users is not null && result.TryGetValue(PingGroups, out var groups))
        {
            result[PingGroups] = Outside(groups, users);
        }

        return result;
    }

    // Groups, which the kernel takes for those of whoever writes them: us, outside. The whole range of a manifest ends with what the pod has.
    private static string Outside(string value, UserIdRange users)
    {
        if (value.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is not [var low, var high]
            || !uint.TryParse(low, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            || !uint.TryParse(high, NumberStyles.None, CultureInfo.InvariantCulture, out var last))
        {
            return value; // the kernel's to refuse
        }

        return users.Maps(first)
            ? string.Create(CultureInfo.InvariantCulture, $"{users.First + first} {users.First + Math.Min(last, users.Count - 1)}")
            : throw UserIdException.NoSuchId($"sysctl net.ipv4.ping_group_range: group {first}");
    }

    private static Dictionary<string, string> Of(PodSpec spec, SysctlNamespace which) => (spec.SecurityContext?.Sysctls ?? [])
        .Select(sysctl => (Name: SysctlNames.Normalize(sysctl.Name), sysctl.Value))
        .Where(sysctl => SysctlNames.NamespaceOf(sysctl.Name) == which)
        .ToDictionary(sysctl => SysctlNames.PathOf(sysctl.Name), sysctl => sysctl.Value);
}
