using Insula.Api.Core;
using Insula.Linux;
using Insula.Linux.Kernel;
using Insula.Linux.SecurityModules;
using Insula.Pods.Launch;
using Insula.Pods.Lifecycle;
using Insula.Pods.Workers;
using Insula.Sandbox.Containers;
using Microsoft.Extensions.Logging;

namespace Insula.Pods.Security;

/// <summary>
/// The SELinux context of a container: what the policy has for containers, with the parts that the manifest names. Its level, unless
/// named, has categories that are the pod's alone, so that no container reads another pod's files.
/// </summary>
internal sealed partial class SELinuxLabels(ISELinux seLinux, CategoryAllocator categories, SaidOnce said, ILogger logger)
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

    /// <summary>The label; null for none.</summary>
    /// <exception cref="LaunchRefusedException">The machine cannot give what the manifest asks for.</exception>
    public ExecLabel? Of(Pod pod, Container container)
    {
        var wanted = container.SecurityContext?.SeLinuxOptions ?? pod.Spec.SecurityContext?.SeLinuxOptions;
        if (wanted is null && (!seLinux.IsEnabled || IsOfTheMachine(pod, container)))
        {
            return null;
        }

        try
        {
            return seLinux.IsEnabled ? Label(pod, wanted ?? new SELinuxOptions()) : throw new NotSupportedException("SELinux is not enabled on the host");
        }
        catch (Exception e) when (e is NotSupportedException or IOException or LinuxException)
        {
            if (wanted is not null)
            {
                throw new LaunchRefusedException(Reasons.CreateContainerError, $"container {container.Name}: seLinuxOptions: {e.Message}", e);
            }

            // Nobody has asked for it: a machine whose policy knows no containers runs them all the same.
            if (said.First("selinux"))
            {
                LogUnlabelled(logger, e.Message);
            }

            return null;
        }
    }

    /// <summary>Whether containers can have contexts, as one line of <c>system check</c>.</summary>
    public KernelFeature Check()
    {
        try
        {
            return !seLinux.IsEnabled ? Feature(false, "not enabled in this kernel")
                : Feature(true, $"containers run as {seLinux.ContainerContexts().Process} with categories of their pod, {(seLinux.IsEnforcing ? "enforcing" : "permissive")}");
        }
        catch (Exception e) when (e is NotSupportedException or IOException)
        {
            return Feature(false, e.Message);
        }

        static KernelFeature Feature(bool available, string detail) => new("SELinux", available, Required: false, detail, "seLinuxOptions");
    }

    // As Kubernetes' runtimes have it: who shares processes or memory with the machine, or may do anything, is not kept apart by labels.
    private static bool IsOfTheMachine(Pod pod, Container container) =>
        pod.Spec.HostPID || pod.Spec.HostIPC || container.SecurityContext?.Privileged == true;

    private ExecLabel Label(Pod pod, SELinuxOptions wanted)
    {
        var contexts = seLinux.ContainerContexts();
        var process = new SELinuxContext(
            Or(wanted.User, contexts.Process.User), Or(wanted.Role, contexts.Process.Role), Or(wanted.Type, contexts.Process.Type),
            string.IsNullOrEmpty(wanted.Level) ? LevelOf(pod, contexts.Process.Level) : wanted.Level);
        return ExecLabel.SELinux(Known(process), Known(contexts.File with { Level = process.Level }));
    }

    // A policy without levels has no categories either.
    private string? LevelOf(Pod pod, string? usual) => usual is null ? null : $"{usual.Split('-', ':')[0]}:{categories.Of(pod.Metadata.Uid!)}";

    private static string Or(string? wanted, string usual) => string.IsNullOrEmpty(wanted) ? usual : wanted;

    private string Known(SELinuxContext context) =>
        seLinux.Knows(context) ? context.ToString() : throw new NotSupportedException($"the SELinux policy knows no context {context}");

    [LoggerMessage(Level = LogLevel.Warning, Message = "SELinux is on, but containers that ask for no context run without one of their own: {Reason} (said once)")]
    private static partial void LogUnlabelled(ILogger logger, string reason);
}
