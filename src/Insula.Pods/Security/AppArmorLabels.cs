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

/// <summary>Which AppArmor profile a container runs under.</summary>
internal sealed partial class AppArmorLabels(IAppArmor appArmor, SaidOnce said, ILogger logger)
{
    private readonly Lock _loading = new();

    // Whether an earlier daemon of another version has left a profile of the same name is not known: the first use loads ours.
    private bool _loaded;

    /// <summary>The profile the manifest asks for: the container's, else the pod's.</summary>
    public static AppArmorProfile? Wanted(Pod pod, Container container) =>
        container.SecurityContext?.AppArmorProfile ?? pod.Spec.SecurityContext?.AppArmorProfile;

    /// <summary>The label; null for none.</summary>
    /// <exception cref="LaunchRefusedException">The profile is not there and cannot be had.</exception>
    public ExecLabel? Of(Pod pod, Container container)
    {
        var wanted = Wanted(pod, container);
        var enabled = appArmor.IsEnabled;
        try
        {
            switch (wanted?.Type)
            {
                case ProfileTypes.Unconfined:
                    return null;
                case ProfileTypes.Localhost when wanted.LocalhostProfile is { Length: > 0 } name:
                    return enabled && appArmor.IsLoaded(name) ? ExecLabel.AppArmor(name) : throw new NotSupportedException($"apparmor profile not found {name}");

                // As Kubernetes' runtimes have it: a privileged container is confined by no profile but one that is named.
                case null or ProfileTypes.RuntimeDefault when container.SecurityContext?.Privileged == true:
                    return null;
                case null:
                    return enabled ? DefaultOrNone() : null;
                case ProfileTypes.RuntimeDefault when enabled:
                    return Default();
                default:
                    throw new NotSupportedException(enabled ? $"appArmorProfile type \"{wanted.Type}\" has no profile" : "AppArmor is not enabled on the host");
            }
        }
        catch (Exception e) when (e is NotSupportedException or LinuxException)
        {
            throw new LaunchRefusedException(Reasons.CreateContainerError, $"container {container.Name}: {e.Message}", e);
        }
    }

    /// <summary>Whether containers that name no profile run under one, as one line of <c>system check</c>.</summary>
    public KernelFeature Check()
    {
        const string Disables = "appArmorProfile, but for Unconfined";
        try
        {
            return appArmor.IsEnabled
                ? Feature(true, $"profile {Default().Text["exec ".Length..]}")
                : Feature(false, "not enabled in this kernel; apparmor=1 and security=apparmor on its command line do so where it is built in");
        }
        catch (Exception e) when (e is NotSupportedException or LinuxException)
        {
            return Feature(false, e.Message);
        }

        static KernelFeature Feature(bool available, string detail) => new("AppArmor", available, Required: false, detail, Disables);
    }

    // Nobody has asked for it: a machine that cannot load profiles runs containers all the same.
    private ExecLabel? DefaultOrNone()
    {
        try
        {
            return Default();
        }
        catch (Exception e) when (e is NotSupportedException or LinuxException)
        {
            if (said.First("apparmor"))
            {
                LogUnconfined(logger, e.Message);
            }

            return null;
        }
    }

    private ExecLabel Default()
    {
        lock (_loading)
        {
            var there = appArmor.IsLoaded(DefaultAppArmorProfile.Name);
            try
            {
                if (!_loaded || !there)
                {
                    appArmor.Load(DefaultAppArmorProfile.Text);
                    _loaded = true;
                }
            }
            catch (NotSupportedException) when (there)
            {
                // That of an earlier daemon is better than none.
            }
        }

        return ExecLabel.AppArmor(DefaultAppArmorProfile.Name);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "AppArmor is on, but the default profile cannot be loaded, and containers that name none run without one: {Reason} (said once)")]
    private static partial void LogUnconfined(ILogger logger, string reason);
}
