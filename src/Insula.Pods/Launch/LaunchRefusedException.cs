namespace Insula.Pods.Launch;

/// <summary>A container cannot be started for what its manifest or image asks; the pod waits with this reason and tries again.</summary>
internal sealed class LaunchRefusedException : Exception
{
    public LaunchRefusedException(string reason, string message, Exception? inner = null)
        : base(message, inner)
    {
        Reason = reason;
    }

    /// <summary>A Kubernetes waiting reason.</summary>
    public string Reason { get; }
}
