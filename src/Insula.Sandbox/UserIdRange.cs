using System.Globalization;

namespace Insula.Sandbox;

/// <summary>The ids of a pod's user namespace: 0 to <paramref name="Count"/> − 1 inside are <paramref name="First"/> and the
/// following ones outside, users and groups alike. See user_namespaces(7).</summary>
/// <param name="First">The id outside that is root inside; never 0.</param>
/// <param name="Count">How many there are; at least <see cref="PerPod"/>.</param>
public sealed record UserIdRange(uint First, uint Count)
{
    /// <summary>How many ids a pod has: those programs expect to be there, 0 to 65535 (the last two are nobody and "no id").</summary>
    public const uint PerPod = 65536;

    /// <summary>The last id outside.</summary>
    public uint Last => First + (Count - 1);

    /// <summary>Whether an id inside is one of the pod's.</summary>
    /// <param name="inside">For example a container's <c>runAsUser</c>.</param>
    public bool Maps(uint inside) => inside < Count;

    /// <summary>Whether two ranges share an id outside.</summary>
    /// <param name="other">The other range.</param>
    public bool Overlaps(UserIdRange other) => First <= other.Last && other.First <= Last;

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <param name="text"><c>FIRST:COUNT</c>, decimal.</param>
    /// <returns>Null when it is not of that form, has no id, contains 0, or goes past the last id (4294967294).</returns>
    public static UserIdRange? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split(':') is [var first, var count]
            && uint.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var from)
            && uint.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var many)
            && from > 0 && many > 0 && (ulong)from + many <= uint.MaxValue
                ? new UserIdRange(from, many)
                : null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First}:{Count}");
}
