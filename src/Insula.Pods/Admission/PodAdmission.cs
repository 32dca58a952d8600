using Insula.Api.Core;
using Insula.Linux.SecurityModules;
using Insula.Pods.Security;

namespace Insula.Pods.Admission;

/// <summary>
/// Whether this machine can give a pod what its manifest asks, as the kubelet judges before it makes anything. A pod that is
/// rejected has failed for good: its manifest is valid, and only the machine could change.
/// </summary>
internal sealed class PodAdmission(SysctlAllowlist sysctls, IAppArmor appArmor, ISELinux seLinux)
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

        // Kubernetes' runtimes ignore them there.
        return SELinuxLabels.Field(pod) is { } field && !seLinux.IsEnabled
            ? new Rejection("SELinux", $"Cannot enforce {field}: SELinux is not enabled on the host") : null;
    }

    private static bool NeedsAppArmor(Pod pod) => pod.Spec.InitContainers.Concat(pod.Spec.Containers)
        .Any(container => AppArmorLabels.Wanted(pod, container) is { } profile && profile.Type != ProfileTypes.Unconfined);
}
