using Insula.Api.Core;
using Insula.Linux.Seccomp;
using Insula.Pods.Launch;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Security;

/// <summary>From a container's profiles to what confines its processes. A profile that cannot be had refuses the start: never is a
/// container unconfined because something is missing.</summary>
internal sealed class ContainerConfinement(PodOptions options, SeccompCompiler compiler, AppArmorLabels appArmor, SELinuxLabels seLinux)
{
    private readonly LocalhostProfiles _profiles = new(options.RootDirectory, compiler);

    /// <summary>What confines a container.</summary>
    /// <param name="pod">Its pod.</param>
    /// <param name="container">The container.</param>
    /// <param name="capabilities">Its bounding set.</param>
    /// <exception cref="LaunchRefusedException">A profile cannot be had.</exception>
    public Confinement Of(Pod pod, Container container, ulong capabilities) =>
        new(Seccomp(pod, container, capabilities), seLinux.Of(pod, container) ?? appArmor.Of(pod, container)); // a kernel has one of them

    private SeccompProgram? Seccomp(Pod pod, Container container, ulong capabilities)
    {
        if (container.SecurityContext?.Privileged == true)
        {
            return null;
        }

        var profile = container.SecurityContext?.SeccompProfile ?? pod.Spec.SecurityContext?.SeccompProfile;
        try
        {
            return (profile?.Type ?? (options.SeccompDefault ? ProfileTypes.RuntimeDefault : ProfileTypes.Unconfined)) switch
            {
                ProfileTypes.Unconfined => null,
                ProfileTypes.RuntimeDefault => compiler.Compile(DefaultSeccompProfile.For(capabilities)),
                ProfileTypes.Localhost when profile!.LocalhostProfile is { Length: > 0 } name => _profiles.Program(name, capabilities),

                // An object stored by who knows whom (CVE-2023-2431: no name was no filter).
                ProfileTypes.Localhost => throw new SeccompException("localhostProfile must be set if seccompProfile type is Localhost"),
                var type => throw new SeccompException($"seccompProfile type \"{type}\" is unknown"),
            };
        }
        catch (SeccompException e)
        {
            throw new LaunchRefusedException(Reasons.CreateContainerError, $"container {container.Name}: {e.Message}", e);
        }
    }
}
