using System.Globalization;
using Insula.Api.Values;

namespace Insula.Pods.Eviction;

/// <summary>Some of what a signal measures: an amount, or a part of what there is.</summary>
/// <param name="Fixed">The amount; null where <paramref name="Percent"/> says it.</param>
/// <param name="Percent">The part; null where <paramref name="Fixed"/> says it.</param>
public sealed record EvictionAmount(Quantity? Fixed, decimal? Percent)
{
    /// <summary>The amount.</summary>
    /// <param name="capacity">What there is in all.</param>
    public long Of(long capacity) => Fixed?.Value ?? (long)(capacity * (Percent ?? 0) / 100);

    /// <summary>Reads what <see cref="TryParse"/> does.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static EvictionAmount Parse(string text) => TryParse(text) ?? throw new FormatException("an amount above 0, or a part between 0% and 100%");

    /// <summary>Reads <c>100Mi</c> or <c>10%</c>; null when it is neither, or not above nothing and, of a part, below all.</summary>
    public static EvictionAmount? TryParse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.EndsWith('%'))
        {
            return decimal.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent is > 0 and < 100
                ? new(null, percent) : null;
        }

        return Quantity.TryParse(text, out var amount) && amount.Sign > 0 ? new(amount, null) : null;
    }

    /// <inheritdoc/>
    public override string ToString() => Percent is { } part ? string.Create(CultureInfo.InvariantCulture, $"{part}%") : $"{Fixed}";
}
