namespace Insula.Pods.Images;

/// <summary>When images that no pod uses are removed; the defaults are the kubelet's (imageGCHighThresholdPercent and so on).</summary>
public sealed record ImageCollectionRules
{
    /// <summary>From how many percent of the file system in use on images are removed; 100 never.</summary>
    public int High { get; init; } = 85;

    /// <summary>Down to how many percent.</summary>
    public int Low { get; init; } = 80;

    /// <summary>How long an image stays after it has come.</summary>
    public TimeSpan LeastAge { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long an image may be unused; zero for ever.</summary>
    public TimeSpan MostAge { get; init; }
}
