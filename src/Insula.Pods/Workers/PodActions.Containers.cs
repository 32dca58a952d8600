using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Pods.Launch;
using Insula.Pods.Lifecycle;
using Insula.Pods.Resizing;
using Insula.Pods.Timing;
using Insula.Sandbox;
using Insula.Sandbox.Containers;
using Insula.Volumes;
using Microsoft.Extensions.Logging;

namespace Insula.Pods.Workers;

/// <content>Starts containers, and changes what they may use.</content>
internal sealed partial class PodActions
{
    /// <summary>Starts a container.</summary>
    public async Task<PodFact> StartContainerAsync(Pod pod, Container container, int attempt, PodSandbox sandbox, IReadOnlyList<string> addresses, CancellationToken cancellationToken)
    {
        try
        {
            if (services.Policies is { } policies)
            {
                await policies.Loaded.WaitAsync(cancellationToken);
            }

            var image = pulls.Of(pod, container, attempt);
            await _configs.CompleteAsync(pod, container, sandbox, cancellationToken);
            ContainerSpec spec;
            ContainerMounts mounts;
            using (PodTracing.Step("specification and mounts"))
            {
                var volumes = Volumes(pod, await LastingAsync(pod, container, cancellationToken));
                (spec, mounts) = await launcher.PrepareAsync(pod, container, attempt, image, addresses, volumes, sandbox, cancellationToken);
            }

            StartedContainer started;
            using (mounts)
            {
                Failpoint.MayFail("pods.start.prepared");
                started = await sandbox.StartAsync(spec, cancellationToken);
            }

            if (started.OomScoreAdjRefused && services.Said.First("oom"))
            {
                LogOomScore(_logger);
            }

            if (started.ResourceLimitRefused && services.Said.First("resource limit"))
            {
                LogResourceLimit(_logger);
            }

            Failpoint.Hit("pods.start.started");
            Prune(container.Name, attempt);
            services.Events.Normal(pod, container.Name, "Created", $"Created container: {container.Name}");
            services.Events.Normal(pod, container.Name, "Started", $"Started container {container.Name}");
            return new PodFact.ContainerStarted(container.Name, attempt, started.StartedAt, image.Id, ContainerUserId.Status(started.User), StopSignals.NameOf(StopSignals.Of(container, image)));
        }
        catch (LaunchRefusedException e)
        {
            services.Events.Warning(pod, container.Name, "Failed", $"Error: {e.Reason}: {e.Message}");
            return new PodFact.ContainerRefused(container.Name, attempt, e.Reason, e.Message);
        }
        catch (LaunchException e)
        {
            return Failed(pod, container, attempt, LaunchWords.Of(container, e));
        }
        catch (OperationCanceledException)
        {
            return Failed(pod, container, attempt,
                $"failed to start container \"{container.Name}\": it did not start within {services.Options.StartDeadline.TotalSeconds}s");
        }
        catch (Exception e)
        {
            return Failed(pod, container, attempt, $"failed to start container \"{container.Name}\": {e.Message}");
        }
    }

    /// <summary>Puts into force what is set aside for the containers, as far as it goes.</summary>
    public PodFact Resize(PodAction.Resize order, Pod pod, PodSandbox sandbox)
    {
        var memory = services.Memory.For(pod);
        var done = new List<ResizeStep>();
        try
        {
            foreach (var step in order.Steps)
            {
                Failpoint.MayFail("pods.resize.step");
                if (ResizeWriter.Write(sandbox, step, memory) is { } why)
                {
                    return new PodFact.Resized(order.Sandbox, done, why);
                }

                done.Add(step);
                Failpoint.MayFail("pods.resize.stepped");
            }

            return new PodFact.Resized(order.Sandbox, done, null);
        }
        catch (Exception e)
        {
            // Whatever it was: without a fact nobody would come back to it.
            return new PodFact.Resized(order.Sandbox, done, e.Message);
        }
    }

    /// <summary>
    /// Removes the files of a container's starts but of the last one and the one before, as <c>logs --previous</c> wants them: not only
    /// those that have just become too old, since an earlier daemon may have ended before it came to that.
    /// </summary>
    public void Prune(string name, int attempt)
    {
        foreach (var old in LogRotation.Starts(places.Directory, name).Where(start => start < attempt - 1))
        {
            LogRotation.Remove(places.Directory, PodPlaces.LogPath(name, old));
        }

        foreach (var old in TerminationMessage.Starts(places, name).Where(start => start < attempt - 1))
        {
            TerminationMessage.Remove(places, name, old);
        }
    }

    private async Task<IReadOnlyDictionary<string, LastingVolume>> LastingAsync(Pod pod, Container container, CancellationToken cancellationToken)
    {
        try
        {
            return await services.Claims.OpenAsync(pod, cancellationToken);
        }
        catch (VolumeException e)
        {
            throw new LaunchRefusedException(Reasons.CreateContainerConfigError, $"container {container.Name}: {e.Message}", e);
        }
    }

    private PodFact.ContainerStartFailed Failed(Pod pod, Container container, int attempt, string message)
    {
        services.Events.Warning(pod, container.Name, "Failed", "Error: " + message);
        return new PodFact.ContainerStartFailed(container.Name, attempt, message);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the kernel refuses to lower oom_score_adj: the daemon lacks CAP_SYS_RESOURCE, and pods are not shielded from the out-of-memory killer by their class (said once)")]
    private static partial void LogOomScore(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the kernel refuses to raise a resource limit: the daemon lacks CAP_SYS_RESOURCE, and containers get as much of --resource-limits as it has itself (said once)")]
    private static partial void LogResourceLimit(ILogger logger);
}
