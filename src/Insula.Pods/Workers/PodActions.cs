using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Pods.Images;
using Insula.Pods.Launch;
using Insula.Pods.Lifecycle;
using Insula.Pods.Resizing;
using Insula.Pods.Timing;
using Insula.Sandbox;
using Insula.Volumes;
using Microsoft.Extensions.Logging;

namespace Insula.Pods.Workers;

/// <summary>
/// Carries out what was decided for one pod. Every method ends in a fact, whatever happens; failures are told as
/// reasons, never thrown.
/// </summary>
internal sealed partial class PodActions(PodServices services, PodPlaces places, ContainerLauncher launcher, PodPulls pulls)
{
    private readonly ILogger _logger = services.Loggers.CreateLogger<PodActions>();
    private readonly ConfigVolumes _configs = new(launcher);

    /// <summary>A sandbox that was made, with the fact that says so; or only the fact that it was not.</summary>
    public async Task<(PodSandbox? Sandbox, PodFact Fact)> CreateSandboxAsync(Pod pod, PodObservation seen, int attempt, CancellationToken cancellationToken)
    {
        var id = places.SandboxId(attempt);
        try
        {
            if (services.Admission.Judge(pod) is { } rejection)
            {
                services.Events.Warning(pod, null, rejection.Reason, rejection.Message);
                return (null, new PodFact.Rejected(attempt, rejection.Reason, rejection.Message));
            }

            // Before anything is made: what a volume lacks is most often not there yet.
            var contents = _configs.Read(pod);
            var lasting = await services.Claims.OpenAsync(pod, cancellationToken);
            Failpoint.MayFail("pods.sandbox.claims-taken");
            PodVolumes volumes;
            using (PodTracing.Step("directories and volumes"))
            {
                PodFiles.MakeDirectories(places.Directory);
                Failpoint.MayFail("pods.sandbox.directories-made");
                volumes = Volumes(pod, lasting);
                await volumes.PrepareAsync(cancellationToken);
                Failpoint.MayFail("pods.sandbox.volumes-made");
            }

            await using var network = await SandboxNetwork.BeginAsync(pod, id, services, places, cancellationToken);
            var sandbox = await services.Sandboxes.CreateAsync(SandboxSpecs.Of(pod, seen, id, volumes, network.Namespace, services, places), cancellationToken);
            Failpoint.MayFail("pods.sandbox.made");
            await _configs.WriteAsync(pod, sandbox, contents, cancellationToken);
            Failpoint.MayFail("pods.sandbox.configs-written");
            var addresses = await network.FinishAsync(sandbox, cancellationToken);
            if ((pod.Spec.DnsPolicy ?? DnsPolicies.ClusterFirst) is DnsPolicies.ClusterFirst or DnsPolicies.ClusterFirstWithHostNet
                && services.Options.ClusterDns() is null && services.Said.First("dns"))
            {
                LogClusterFirst(_logger);
            }

            return (sandbox, new PodFact.SandboxReady(attempt, [.. addresses.Select(a => a.ToString())]) { Limits = GroupLimits.OfPod(pod.Spec) });
        }
        catch (VolumeException e)
        {
            return (null, await UndoneAsync(pod, attempt, Reasons.FailedMount, e.Message));
        }
        catch (LaunchException e) when (LaunchWords.OfSandbox(e, services.Images.LayersDirectory) is { } hint)
        {
            return (null, await UndoneAsync(pod, attempt, Reasons.FailedCreatePodSandBox, $"Failed to create pod sandbox: {hint} ({e.Message})"));
        }
        catch (OperationCanceledException)
        {
            return (null, await UndoneAsync(pod, attempt, Reasons.FailedCreatePodSandBox,
                $"Failed to create pod sandbox: it was not ready within {services.Options.SandboxDeadline.TotalSeconds}s"));
        }
        catch (Exception e)
        {
            // Whatever it was: a pod of whose sandbox nobody tells would wait for it for ever, deleted or not.
            return (null, await UndoneAsync(pod, attempt, Reasons.FailedCreatePodSandBox, "Failed to create pod sandbox: " + e.Message));
        }
    }

    /// <summary>Removes what there is of a sandbox.</summary>
    public async Task<PodFact> DestroySandboxAsync(Pod pod, int attempt)
    {
        try
        {
            await RemoveSandboxAsync(places.SandboxId(attempt));
            Failpoint.MayFail("pods.destroy.volumes-open");
            await CloseVolumesAsync(pod, tell: true);
            return new PodFact.SandboxGone(attempt);
        }
        catch (Exception e)
        {
            // Whatever it was: without a fact nobody would come back to it, and the pod would stay for ever.
            services.Events.Warning(pod, null, "FailedKillPod", "the sandbox could not be removed yet: " + e.Message);
            return new PodFact.SandboxStuck(attempt, e.Message);
        }
    }

    /// <summary>Removes a sandbox and its network; both at once, since the end of the namespace ends the link.</summary>
    public Task RemoveSandboxAsync(string id) => PodRemoval.RemoveSandboxAsync(services, id);

    private async Task CloseVolumesAsync(Pod pod, bool tell)
    {
        using var deadline = new CancellationTokenSource(services.Options.CleanupDeadline, services.Clock);
        await services.Claims.CloseAsync(pod, tell, deadline.Token);
    }

    private async Task<PodFact> UndoneAsync(Pod pod, int attempt, string reason, string message)
    {
        services.Events.Warning(pod, null, reason, message);
        try
        {
            await RemoveSandboxAsync(places.SandboxId(attempt));
            await CloseVolumesAsync(pod, tell: false);
        }
        catch (Exception e)
        {
            // The next attempt has the same id and is refused while remains are there: this is tried again then.
            message = $"{message}; and undoing it failed: {e.Message}";
        }

        return new PodFact.SandboxRefused(attempt, reason, message);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "dnsPolicy ClusterFirst acts as Default: there is no cluster DNS (said once)")]
    private static partial void LogClusterFirst(ILogger logger);
}
