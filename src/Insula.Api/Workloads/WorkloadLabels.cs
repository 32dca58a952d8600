namespace Insula.Api.Workloads;

/// <summary>Labels, annotations and finalizers by which workloads and their pods are told apart, as Kubernetes names them.</summary>
public static class WorkloadLabels
{
    /// <summary>Label of a ReplicaSet and its pods: the hash of the Deployment's template.</summary>
    public const string TemplateHash = "pod-template-hash";

    /// <summary>Annotation of a Deployment and its ReplicaSets: which template this is, counted from 1.</summary>
    public const string Revision = "deployment.kubernetes.io/revision";

    /// <summary>Annotation of a ReplicaSet: which templates it was before, with commas.</summary>
    public const string RevisionHistory = "deployment.kubernetes.io/revision-history";

    /// <summary>Annotation of a ReplicaSet: the replicas of its Deployment when it was scaled last.</summary>
    public const string DesiredReplicas = "deployment.kubernetes.io/desired-replicas";

    /// <summary>Annotation of a ReplicaSet: the most pods its Deployment could have when it was scaled last.</summary>
    public const string MaxReplicas = "deployment.kubernetes.io/max-replicas";

    /// <summary>Annotation by which people say why a template changed.</summary>
    public const string ChangeCause = "kubernetes.io/change-cause";

    /// <summary>Annotation of a template that <c>rollout restart</c> changes.</summary>
    public const string RestartedAt = "kubectl.kubernetes.io/restartedAt";

    /// <summary>Annotation of a pod: of two, that with the lower number is deleted first. Default 0.</summary>
    public const string DeletionCost = "controller.kubernetes.io/pod-deletion-cost";

    /// <summary>Label of a pod: the hash of the template of its DaemonSet or StatefulSet.</summary>
    public const string ControllerRevisionHash = "controller-revision-hash";

    /// <summary>Label of a StatefulSet's pod: its name.</summary>
    public const string StatefulSetPodName = "statefulset.kubernetes.io/pod-name";

    /// <summary>Label of a StatefulSet's pod: its number.</summary>
    public const string PodIndex = "apps.kubernetes.io/pod-index";

    /// <summary>Label of a Job's pods: the Job's uid.</summary>
    public const string JobUid = "batch.kubernetes.io/controller-uid";

    /// <summary>Label of a Job's pods: the Job's name.</summary>
    public const string JobName = "batch.kubernetes.io/job-name";

    /// <summary>The older form of <see cref="JobUid"/>.</summary>
    public const string OldJobUid = "controller-uid";

    /// <summary>The older form of <see cref="JobName"/>.</summary>
    public const string OldJobName = "job-name";

    /// <summary>Annotation and label of an indexed Job's pod: its index.</summary>
    public const string CompletionIndex = "batch.kubernetes.io/job-completion-index";

    /// <summary>Annotation of a pod of a Job with backoffLimitPerIndex: how many failed at its index before it.</summary>
    public const string IndexFailureCount = "batch.kubernetes.io/job-index-failure-count";

    /// <summary>The same of failures that a podFailurePolicy ignored; they count for the back-off alone.</summary>
    public const string IndexIgnoredFailureCount = "batch.kubernetes.io/job-index-ignored-failure-count";

    /// <summary>Finalizer of a Job's pod until its end has been counted.</summary>
    public const string JobTracking = "batch.kubernetes.io/job-tracking";

    /// <summary>Annotation of a CronJob's Job: when it was due.</summary>
    public const string ScheduledTimestamp = "batch.kubernetes.io/cronjob-scheduled-timestamp";

    /// <summary>Annotation of a Job or template that was made by hand from a CronJob.</summary>
    public const string Instantiate = "cronjob.kubernetes.io/instantiate";
}
