namespace Insula.Pods.Images;

/// <summary>Which images go, in which order. Pure; the rules are the kubelet's.</summary>
internal static class ImageCollection
{
    /// <summary>How many bytes are to be freed; 0 when there is room enough.</summary>
    /// <param name="rules">When images go.</param>
    /// <param name="capacity">Bytes of the file system.</param>
    /// <param name="available">Bytes of it that can still be written.</param>
    public static long ToFree(ImageCollectionRules rules, long capacity, long available) =>
        rules.High < 100 && capacity > 0 && capacity - available >= capacity / 100.0 * rules.High
            ? Math.Max((long)(capacity / 100.0 * (100 - rules.Low)) - available, 0)
            : 0;

    /// <summary>Those that may go when room is wanted, the one that nobody has wanted for longest first.</summary>
    public static IEnumerable<ImageAge> Candidates(IEnumerable<ImageAge> images, ImageCollectionRules rules, DateTimeOffset now) => images
        .Where(i => i is { Idle: not null, Image.IsPinned: false } && now - i.Since >= rules.LeastAge)
        .OrderBy(i => i.Idle).ThenBy(i => i.Since).ThenBy(i => i.Image.Id, StringComparer.Ordinal);

    /// <summary>Those that go because nobody has wanted them for too long.</summary>
    public static IEnumerable<ImageAge> TooOld(IEnumerable<ImageAge> images, ImageCollectionRules rules, DateTimeOffset now) => rules.MostAge == TimeSpan.Zero
        ? []
        : Candidates(images, rules, now).Where(i => now - i.Idle > rules.MostAge);
}
