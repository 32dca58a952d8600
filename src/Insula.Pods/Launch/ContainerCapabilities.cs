using System.Globalization;
using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Pods.Lifecycle;
using Insula.Sandbox.Containers;

namespace Insula.Pods.Launch;

/// <summary>A container's capability sets from its security context.</summary>
internal static class ContainerCapabilities
{
    /// <summary>
    /// The sets: the defaults with drops and adds (drop ALL first, add ALL likewise), everything for a privileged
    /// container. Inheritable and ambient are always empty; a user other than root has them only as a bound.
    /// </summary>
    /// <param name="container">The container.</param>
    /// <param name="uid">The final user.</param>
    /// <param name="defaults">What a container has that lists nothing.</param>
    /// <param name="available">What the daemon itself has and can pass on.</param>
    public static CapabilitySets Of(Container container, uint uid, ulong defaults, ulong available)
    {
        var context = container.SecurityContext;
        var mask = context?.Privileged == true ? available : Listed(container, context?.Capabilities, defaults & available, available);
        var inForce = uid == 0 ? mask : 0;
        return new CapabilitySets(Bounding: mask, Effective: inForce, Permitted: inForce, Inheritable: 0, Ambient: 0);
    }

    /// <summary>The bounding set of this process, from <c>/proc/self/status</c>.</summary>
    public static ulong OwnBoundingSet()
    {
        const string Key = "CapBnd:";
        var line = File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal));
        return line is null
            ? throw new InvalidDataException("/proc/self/status has no CapBnd line: procfs is not what it should be")
            : ulong.Parse(line.AsSpan(Key.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & CapabilityNames.All;
    }

    private static ulong Listed(Container container, Capabilities? lists, ulong mask, ulong available)
    {
        var add = lists?.Add ?? [];
        var drop = lists?.Drop ?? [];
        if (drop.Any(IsAll))
        {
            mask = 0;
        }

        if (add.Any(IsAll))
        {
            mask = available;
        }

        foreach (var name in drop.Where(n => !IsAll(n)))
        {
            mask &= ~Known(container, name);
        }

        foreach (var name in add.Where(n => !IsAll(n)))
        {
            var bit = Known(container, name);
            if ((bit & available) == 0)
            {
                throw new LaunchRefusedException(
                    Reasons.CreateContainerConfigError,
                    $"container {container.Name}: capability {name} cannot be given: the daemon itself runs without it");
            }

            mask |= bit;
        }

        return mask;
    }

    private static bool IsAll(string name) => name == "ALL";

    private static ulong Known(Container container, string name) =>
        CapabilityNames.Bit(name) is var bit and not 0
            ? bit
            : throw new LaunchRefusedException(
                Reasons.CreateContainerConfigError,
                $"container {container.Name}: \"{name}\" is no capability: use the names of capabilities(7) without CAP_, for example NET_ADMIN");
}
