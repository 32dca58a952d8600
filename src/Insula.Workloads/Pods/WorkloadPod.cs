using System.Globalization;
using Insula.Api.Core;
using Insula.Api.Meta;
using Insula.Api.Workloads;

namespace Insula.Workloads.Pods;

/// <summary>What controllers know of a pod.</summary>
public sealed record WorkloadPod
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its namespace.</summary>
    public string Namespace { get; init; } = "default";

    /// <summary>Its uid.</summary>
    public required string Uid { get; init; }

    /// <summary>Its version.</summary>
    public string Version { get; init; } = "";

    /// <summary>Its labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Its owners.</summary>
    public IReadOnlyList<OwnerReference> Owners { get; init; } = [];

    /// <summary>Its finalizers.</summary>
    public IReadOnlyList<string> Finalizers { get; init; } = [];

    /// <summary>When it was made.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>Whether it is being deleted.</summary>
    public bool IsDeleted { get; init; }

    /// <summary>Its phase.</summary>
    public string Phase { get; init; } = PodPhases.Pending;

    /// <summary>Since when it is ready; null when it is not.</summary>
    public DateTimeOffset? ReadySince { get; init; }

    /// <summary>The most restarts of one of its containers.</summary>
    public int Restarts { get; init; }

    /// <summary>Of two, that which costs less is deleted first.</summary>
    public int DeletionCost { get; init; }

    /// <summary>Whether one of its containers runs.</summary>
    public bool IsRunning { get; init; }

    /// <summary>When its last container ended, or it was made when none ever ran; of one that is being deleted, not before that began.</summary>
    public DateTimeOffset Ended { get; init; }

    /// <summary>Its index in an indexed Job; null when it has none.</summary>
    public int? CompletionIndex { get; init; }

    /// <summary>How many pods before it failed at its index, as it was made: those that count, and those that a policy ignored.</summary>
    public (int Counted, int Ignored) IndexFailures { get; init; }

    /// <summary>How its containers ended: their names and exit codes.</summary>
    public IReadOnlyList<(string Container, int ExitCode)> Exits { get; init; } = [];

    /// <summary>Its conditions and their statuses.</summary>
    public IReadOnlyList<(string Type, string Status)> Conditions { get; init; } = [];

    /// <summary>Whether it runs or will run.</summary>
    public bool IsActive => !IsDeleted && !IsFinished;

    /// <summary>Whether it has run to its end.</summary>
    public bool IsFinished => Phase is PodPhases.Succeeded or PodPhases.Failed;

    /// <summary>Whether it is ready.</summary>
    public bool IsReady => ReadySince is not null;

    /// <summary>The owner that manages it; null when none does.</summary>
    public OwnerReference? Controller => Owners.FirstOrDefault(o => o.Controller == true);

    /// <summary>When it is available, having been ready long enough; null when it is not ready.</summary>
    public DateTimeOffset? AvailableFrom(int minReadySeconds) => ReadySince?.AddSeconds(minReadySeconds);

    /// <summary>What a pod's object says.</summary>
    public static WorkloadPod Of(Pod pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        var metadata = pod.Metadata;
        var ready = pod.Status.Conditions.FirstOrDefault(c => c.Type == PodConditionTypes.Ready && c.Status == ConditionStatuses.True);
        var statuses = pod.Status.InitContainerStatuses.Concat(pod.Status.ContainerStatuses).ToList();
        var created = metadata.CreationTimestamp ?? DateTimeOffset.UnixEpoch;
        return new()
        {
            Name = metadata.Name,
            Namespace = metadata.Namespace ?? "default",
            Uid = metadata.Uid ?? "",
            Version = metadata.ResourceVersion ?? "",
            Labels = metadata.Labels,
            Owners = metadata.OwnerReferences,
            Finalizers = metadata.Finalizers,
            Created = created,
            IsDeleted = metadata.DeletionTimestamp is not null,
            Phase = pod.Status.Phase ?? PodPhases.Pending,
            ReadySince = ready is null ? null : ready.LastTransitionTime ?? created,
            Restarts = pod.Status.ContainerStatuses.Select(c => c.RestartCount).DefaultIfEmpty(0).Max(),
            DeletionCost = Number(metadata.Annotations, WorkloadLabels.DeletionCost) ?? 0,
            IsRunning = statuses.Any(c => c.State.Running is not null),
            Ended = statuses.Select(c => c.State.Terminated?.FinishedAt).Append(created).Append(Deletion(pod)).OfType<DateTimeOffset>().Max(),
            CompletionIndex = Number(metadata.Annotations, WorkloadLabels.CompletionIndex),
            IndexFailures = (Count(metadata.Annotations, WorkloadLabels.IndexFailureCount), Count(metadata.Annotations, WorkloadLabels.IndexIgnoredFailureCount)),
            Exits = [.. statuses.Where(c => c.State.Terminated is not null).Select(c => (c.Name, c.State.Terminated!.ExitCode))],
            Conditions = [.. pod.Status.Conditions.Select(c => (c.Type, c.Status))],
        };
    }

    // When the deletion of one that has not ended began.
    private static DateTimeOffset? Deletion(Pod pod) => pod.Status.Phase is PodPhases.Succeeded or PodPhases.Failed
        ? null : pod.Metadata.DeletionTimestamp?.AddSeconds(-Math.Clamp(pod.Metadata.DeletionGracePeriodSeconds ?? 0, 0, int.MaxValue));

    // Anybody may write annotations: what is no count is none.
    private static int Count(IReadOnlyDictionary<string, string> annotations, string key) => Math.Max(0, Number(annotations, key) ?? 0);

    private static int? Number(IReadOnlyDictionary<string, string> annotations, string key) =>
        annotations.TryGetValue(key, out var text) && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
