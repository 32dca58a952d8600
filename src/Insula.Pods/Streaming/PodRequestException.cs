namespace Insula.Pods.Streaming;

/// <summary>A request about a pod that cannot be served; the message says why and is meant for the user.</summary>
public sealed class PodRequestException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="reason">A Kubernetes <c>Status</c> reason: <c>NotFound</c>, <c>BadRequest</c>, <c>Conflict</c>, <c>InternalError</c>.</param>
    /// <param name="message">What is wrong and what to do.</param>
    /// <param name="inner">The cause, if another exception was it.</param>
    public PodRequestException(string reason, string message, Exception? inner = null)
        : base(message, inner)
    {
        Reason = reason;
    }

    /// <summary>The Kubernetes <c>Status</c> reason.</summary>
    public string Reason { get; }
}
