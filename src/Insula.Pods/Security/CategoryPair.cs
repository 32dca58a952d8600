using System.Globalization;

namespace Insula.Pods.Security;

/// <summary>Two categories of SELinux, as the level of a container has them: <c>c1,c2</c>.</summary>
/// <param name="Low">The smaller number.</param>
/// <param name="High">The larger one.</param>
internal sealed record CategoryPair(int Low, int High)
{
    /// <summary>Reads what <see cref="ToString"/> gives; null for anything else.</summary>
    public static CategoryPair? TryParse(string text) =>
        text.Split(',') is [['c', .. var low], ['c', .. var high]]
        && int.TryParse(low, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
        && int.TryParse(high, NumberStyles.None, CultureInfo.InvariantCulture, out var second)
        && first < second ? new CategoryPair(first, second) : null;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"c{Low},c{High}");
}
