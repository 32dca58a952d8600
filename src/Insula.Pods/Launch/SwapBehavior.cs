namespace Insula.Pods.Launch;

/// <summary>Who may swap (KEP-2400).</summary>
public enum SwapBehavior
{
    /// <summary>No container.</summary>
    NoSwap,

    /// <summary>Containers of Burstable pods, in proportion to what they request of memory.</summary>
    LimitedSwap,
}
