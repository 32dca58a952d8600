namespace Insula.Pods.Lifecycle;

/// <summary>The times that the decision and the reduction go by.</summary>
/// <param name="Crash">Back-off of failing containers, and of starts refused for their image or configuration.</param>
/// <param name="RetryInitial">First delay after making or removing a sandbox failed; doubles up to the crash maximum.</param>
public sealed record LifecycleRules(BackOffRules Crash, TimeSpan RetryInitial)
{
    /// <summary>The default times.</summary>
    public static LifecycleRules Default { get; } = new(BackOffRules.Default, TimeSpan.FromSeconds(1));

    /// <summary>The rules an operator's options ask for.</summary>
    public static LifecycleRules From(PodOptions options) => new(BackOffRules.From(options), options.SandboxRetryInitial);
}
