namespace Insula.Pods.Lifecycle;

/// <summary>Why a container (or sandbox) could not be begun.</summary>
/// <param name="Reason">A Kubernetes reason such as <c>ErrImagePull</c> or <c>CreateContainerConfigError</c>.</param>
/// <param name="Message">What is wrong and what to do.</param>
/// <param name="At">When it was last tried.</param>
/// <param name="Delay">How long to wait before trying again.</param>
public sealed record Refusal(string Reason, string Message, DateTimeOffset At, TimeSpan Delay)
{
    /// <summary>When it is tried again.</summary>
    public DateTimeOffset Due => At + Delay;

    /// <summary>The same, tried again at <paramref name="now"/>; should that fail too, the delay goes on growing.</summary>
    public Refusal DueAt(DateTimeOffset now) => this with { At = now - Delay };
}
