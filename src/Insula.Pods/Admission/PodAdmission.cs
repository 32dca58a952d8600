using Insula.Api.Core;

namespace Insula.Pods.Admission;

/// <summary>
/// Whether this machine can give a pod what its manifest asks, as the kubelet judges before it makes anything. A pod that is
/// rejected has failed for good: its manifest is valid, and only the machine could change.
/// </summary>
internal sealed class PodAdmission(SysctlAllowlist sysctls)
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

        return null;
    }
}
