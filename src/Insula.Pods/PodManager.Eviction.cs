using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Pods.Eviction;
using Insula.Pods.Lifecycle;
using Insula.Pods.Workers;
using Insula.Volumes;
using Microsoft.Extensions.Logging;

namespace Insula.Pods;

/// <content>What is done when the machine is short of something.</content>
public sealed partial class PodManager : IPodEvictions
{
    /// <summary>How long one eviction is waited for before another may follow; the kubelet's figure.</summary>
    private static readonly TimeSpan s_evictionPatience = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public EvictionTally Evictions { get; } = new();

    /// <inheritdoc/>
    public async Task<bool> SettleAsync(bool hurry, CancellationToken ct)
    {
        var any = false;
        foreach (var worker in _workers.Values.Where(w => !w.Over.IsCompleted))
        {
            var status = worker.Current.Pod.Status;
            if (EvictionMark.Grace(status) is not { } grace)
            {
                continue;
            }

            var most = grace + s_evictionPatience;
            var left = EvictionMark.Since(status) + most - _services.Clock.GetUtcNow();
            if (left > TimeSpan.Zero)
            {
                any = true;
                if (hurry)
                {
                    await worker.HurryAsync(ct);
                    most = s_evictionPatience;
                }

                await IsOverAsync(worker, left.Value < most ? left.Value : most, ct);
            }
        }

        return any;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<EvictionCandidate>> ReadCandidatesAsync(EvictionSignal signal, CancellationToken ct)
    {
        var candidates = new List<EvictionCandidate>();
        foreach (var worker in _workers.Values.Where(w => !w.Over.IsCompleted && w.Current is var now && now.Seen.Sandbox.Stage != SandboxStage.None && EvictionMark.Of(now.Pod.Status) is null))
        {
            var pod = worker.Current.Pod;
            var (used, containers) = await ReadUseAsync(worker, signal, ct);
            candidates.Add(new(
                worker.Uid, $"{pod.Metadata.Namespace}/{pod.Metadata.Name}", pod.Spec.Priority ?? 0, CriticalPods.Has(pod), pod.Metadata.CreationTimestamp ?? DateTimeOffset.MinValue,
                Requested(pod.Spec, signal), used)
            {
                Containers = [.. containers.Select(c => new ContainerShare(c.Name, pod.Spec.All().FirstOrDefault(s => s.Name == c.Name) is { } container ? Requested(container.Resources, signal) : 0, c.Used))],
            });
        }

        return candidates;
    }

    /// <inheritdoc/>
    public async Task<bool> EvictAsync(string uid, EvictionSignal signal, string message, TimeSpan? grace, CancellationToken ct)
    {
        if (!_workers.TryGetValue(uid, out var worker))
        {
            return true;
        }

        var own = TimeSpan.FromSeconds(worker.Current.Pod.Spec.TerminationGracePeriodSeconds ?? 0);
        grace = grace < own ? grace : grace is null ? null : own;
        await worker.EvictAsync(signal.Name(), message, grace, ct);
        return await IsOverAsync(worker, (grace ?? TimeSpan.Zero) + s_evictionPatience, ct);
    }

    /// <inheritdoc/>
    public async Task CollectAsync(CancellationToken ct)
    {
        foreach (var worker in _workers.Values)
        {
            ct.ThrowIfCancellationRequested();
            try
            {
                await worker.CollectAsync(ct);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or LinuxException or VolumeException)
            {
                // The others may have more, and the next time it is tried again.
                LogCollect(_logger, worker.Uid, e);
            }
        }
    }

    private async Task<bool> IsOverAsync(PodWorker worker, TimeSpan limit, CancellationToken ct)
    {
        try
        {
            await worker.Over.WaitAsync(limit, _services.Clock, ct);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static async Task<(long Used, IReadOnlyList<(string Name, long Used)> Containers)> ReadUseAsync(PodWorker worker, EvictionSignal signal, CancellationToken ct)
    {
        switch (signal)
        {
            case EvictionSignal.MemoryAvailable when worker.Current.Sandbox is { } sandbox:
                return (
                    sandbox.ReadStats().MemoryWorkingSet ?? 0,
                    [.. sandbox.Containers.Where(c => c.IsRunning && PodPlaces.ParseContainerId(c.Id) is not null)
                        .Select(c => (PodPlaces.ParseContainerId(c.Id)!.Value.Name, sandbox.ReadStats(c.Id).MemoryWorkingSet ?? 0))]);
            case EvictionSignal.PidAvailable when worker.Current.Sandbox is { } sandbox:
                return (sandbox.ReadStats().Pids ?? 0, []);
            case EvictionSignal.NodeFsAvailable:
                return await worker.ReadStorageAsync(ct);
            case EvictionSignal.NodeFsInodesFree:
                return (await Task.Run(() => CountFiles(worker.Places.Directory, ct), ct), []);
            default:
                return (0, []);
        }
    }

    private static long CountFiles(string path, CancellationToken ct)
    {
        try
        {
            using var directory = Directories.Open(path);
            return DirectoryUsage.Count(directory, ct);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            return 0;
        }
    }

    private static string? Requestable(EvictionSignal signal) => signal is EvictionSignal.MemoryAvailable or EvictionSignal.NodeFsAvailable ? signal.Resource() : null;

    private static long Requested(PodSpec spec, EvictionSignal signal) => Requestable(signal) is { } resource ? PodResources.Requested(spec, resource) : 0;

    private static long Requested(ResourceRequirements resources, EvictionSignal signal) => Requestable(signal) is not { } resource ? 0
        : PodResources.Amount(resources.Requests, resource) ?? PodResources.Amount(resources.Limits, resource) ?? 0;

    [LoggerMessage(Level = LogLevel.Warning, Message = "pod {Uid}: what it has left on the disk could not be removed")]
    private static partial void LogCollect(ILogger logger, string uid, Exception exception);
}
