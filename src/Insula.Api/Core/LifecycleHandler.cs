namespace Insula.Api.Core;

/// <summary>What a hook does (core/v1 LifecycleHandler); exactly one action is set.</summary>
public sealed record LifecycleHandler
{
    /// <summary>Runs a command in the container.</summary>
    public ExecAction? Exec { get; init; }

    /// <summary>Gets a page.</summary>
    public HttpGetAction? HttpGet { get; init; }

    /// <summary>Waits.</summary>
    public SleepAction? Sleep { get; init; }
}
