namespace Insula.Pods.Lifecycle;

/// <summary>The times of the back-off.</summary>
/// <param name="Initial">The first delay.</param>
/// <param name="Max">The longest delay.</param>
/// <param name="Reset">Running this long makes the next failure a first one again.</param>
public sealed record BackOffRules(TimeSpan Initial, TimeSpan Max, TimeSpan Reset)
{
    /// <summary>Kubernetes' times: 10 s doubling to 300 s, anew after 10 minutes.</summary>
    public static BackOffRules Default { get; } = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(300), TimeSpan.FromSeconds(600));

    /// <summary>The rules an operator's options ask for.</summary>
    public static BackOffRules From(PodOptions options) => new(options.BackOffInitial, options.BackOffMax, options.BackOffReset);
}
