using Insula.Api.Core;
using Insula.Linux.Kernel;
using Insula.Linux.SecurityModules;
using Insula.Pods.Launch;
using Insula.Pods.Lifecycle;
using Insula.Sandbox.Containers;

namespace Insula.Pods.Security;

/// <summary>
/// The SELinux context of containers whose manifest has <c>seLinuxOptions</c>: what the policy has for containers, with the parts that
/// the manifest names. Others run as what starts them does.
/// </summary>
internal sealed class SELinuxLabels(ISELinux seLinux)
{
    /// <summary>The path of the first field of a pod that asks for a context; null for none.</summary>
    public static string? Field(Pod pod)
    {
        if (pod.Spec.SecurityContext?.SeLinuxOptions is not null)
        {
            return "spec.securityContext.seLinuxOptions";
        }

        return In("initContainers", pod.Spec.InitContainers) ?? In("containers", pod.Spec.Containers);

        static string? In(string list, IReadOnlyList<Container> containers) =>
            Enumerable.Range(0, containers.Count).Where(i => containers[i].SecurityContext?.SeLinuxOptions is not null)
                .Select(i => $"spec.{list}[{i}].securityContext.seLinuxOptions").FirstOrDefault();
    }

    /// <summary>The label; null when nobody asks for one.</summary>
    /// <exception cref="LaunchRefusedException">The machine cannot give it.</exception>
    public ExecLabel? Of(Pod pod, Container container)
    {
        if ((container.SecurityContext?.SeLinuxOptions ?? pod.Spec.SecurityContext?.SeLinuxOptions) is not { } wanted)
        {
            return null;
        }

        try
        {
            if (!seLinux.IsEnabled)
            {
                throw new NotSupportedException("SELinux is not enabled on the host");
            }

            var contexts = seLinux.ContainerContexts();
            var process = new SELinuxContext(
                Or(wanted.User, contexts.Process.User), Or(wanted.Role, contexts.Process.Role), Or(wanted.Type, contexts.Process.Type),
                string.IsNullOrEmpty(wanted.Level) ? contexts.Process.Level : wanted.Level);
            return ExecLabel.SELinux(Known(process), Known(contexts.File with { Level = process.Level }));
        }
        catch (Exception e) when (e is NotSupportedException or IOException)
        {
            throw new LaunchRefusedException(Reasons.CreateContainerError, $"container {container.Name}: seLinuxOptions: {e.Message}", e);
        }
    }

    /// <summary>Whether containers can have contexts, as one line of <c>system check</c>.</summary>
    public KernelFeature Check()
    {
        try
        {
            return !seLinux.IsEnabled ? Feature(false, "not enabled in this kernel")
                : Feature(true, $"containers that ask run as {seLinux.ContainerContexts().Process}, {(seLinux.IsEnforcing ? "enforcing" : "permissive")}");
        }
        catch (Exception e) when (e is NotSupportedException or IOException)
        {
            return Feature(false, e.Message);
        }

        static KernelFeature Feature(bool available, string detail) => new("SELinux", available, Required: false, detail, "seLinuxOptions");
    }

    private static string Or(string? wanted, string usual) => string.IsNullOrEmpty(wanted) ? usual : wanted;

    private string Known(SELinuxContext context) =>
        seLinux.Knows(context) ? context.ToString() : throw new NotSupportedException($"the SELinux policy knows no context {context}");
}
