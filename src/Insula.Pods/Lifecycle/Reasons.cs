namespace Insula.Pods.Lifecycle;

/// <summary>Kubernetes' words for states and conditions.</summary>
public static class Reasons
{
#pragma warning disable CS1591 // each name is its own documentation: the API's word for a state
    public const string ContainerCreating = "ContainerCreating";
    public const string PodInitializing = "PodInitializing";
    public const string CrashLoopBackOff = "CrashLoopBackOff";
    public const string ErrImageNeverPull = "ErrImageNeverPull";
    public const string ErrImagePull = "ErrImagePull";
    public const string ImagePullBackOff = "ImagePullBackOff";
    public const string InvalidImageName = "InvalidImageName";
    public const string CreateContainerConfigError = "CreateContainerConfigError";
    public const string CreateContainerError = "CreateContainerError";
    public const string RunContainerError = "RunContainerError";
    public const string StartError = "StartError";
    public const string Completed = "Completed";
    public const string Error = "Error";
    public const string OomKilled = "OOMKilled";
    public const string ContainerStatusUnknown = "ContainerStatusUnknown";
    public const string SandboxDied = "SandboxDied";
    public const string Rebooted = "Rebooted";
    public const string Terminated = "Terminated";
    public const string Evicted = "Evicted";
    public const string DeadlineExceeded = "DeadlineExceeded";
    public const string ContainersNotReady = "ContainersNotReady";
    public const string ContainersNotInitialized = "ContainersNotInitialized";
    public const string ReadinessGatesNotReady = "ReadinessGatesNotReady";
    public const string RestartAllContainersStarted = "RestartAllContainersStarted";
    public const string PodCompleted = "PodCompleted";
    public const string PodFailed = "PodFailed";
    public const string Unschedulable = "Unschedulable";
    public const string FailedScheduling = "FailedScheduling";
    public const string FailedMount = "FailedMount";
    public const string FailedCreatePodSandBox = "FailedCreatePodSandBox";
#pragma warning restore CS1591
}
