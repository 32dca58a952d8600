using Insula.Api.Core;
using Insula.Linux.SecurityModules;
using Insula.Pods.Lifecycle;
using Insula.Pods.Security;

namespace Insula.Pods.Admission;

/// <summary>
/// Whether this machine can give a pod what its manifest asks, as the kubelet judges before it makes anything. A pod that is
/// rejected has failed for good: its manifest is valid, and only the machine could change.
/// </summary>
/// <param name="sysctls">Which sysctls pods may set.</param>
/// <param name="appArmor">Whether the machine has AppArmor.</param>
/// <param name="seLinux">Whether it has SELinux.</param>
/// <param name="withHostPorts">All pods that have host ports, as they are now.</param>
/// <param name="services">Services that have ports of this machine, as they are now.</param>
/// <param name="claimed">Which Service is about to have a node port.</param>
/// <param name="own">Addresses of this machine that are not a Service's alone.</param>
internal sealed class PodAdmission(
    SysctlAllowlist sysctls, IAppArmor appArmor, ISELinux seLinux, Func<IEnumerable<Pod>>? withHostPorts = null, Func<IEnumerable<Service>>? services = null,
    Func<int, string, string?>? claimed = null, Func<IReadOnlyCollection<string>>? own = null)
{
    /// <summary>Why not; null when it can.</summary>
    public Rejection? Judge(Pod pod)
    {
        foreach (var sysctl in pod.Spec.SecurityContext?.Sysctls ?? [])
        {
            if (sysctls.Complaint(sysctl.Name) is { } complaint)
            {
                return new Rejection("SysctlForbidden", "forbidden sysctl: " + complaint);
            }
        }

        if (NeedsAppArmor(pod) && !appArmor.IsEnabled)
        {
            return new Rejection("AppArmor", "Cannot enforce AppArmor: AppArmor is not enabled on the host");
        }

        if (withHostPorts is not null && HostPorts.Conflict(pod, withHostPorts(), services ?? (() => []), claimed ?? ((_, _) => null), own?.Invoke() ?? []) is { } taken)
        {
            return new Rejection("NodePorts", taken);
        }

        // Kubernetes' runtimes ignore them there.
        return SELinuxLabels.Field(pod) is { } field && !seLinux.IsEnabled
            ? new Rejection("SELinux", $"Cannot enforce {field}: SELinux is not enabled on the host") : null;
    }

    private static bool NeedsAppArmor(Pod pod) => pod.Spec.All()
        .Any(container => AppArmorLabels.Wanted(pod, container) is { } profile && profile.Type != ProfileTypes.Unconfined);
}
