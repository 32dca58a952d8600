using System.Globalization;
using Insula.Api.Values;

namespace Insula.Api.Workloads;

/// <summary>A number, or a percentage of another one, as maxSurge and maxUnavailable are given (apimachinery intstr).</summary>
public static class Portion
{
    /// <summary>The number that is meant.</summary>
    /// <param name="value">A number, or a text such as 25%; null is 0.</param>
    /// <param name="total">What percentages are of.</param>
    /// <param name="roundUp">Whether a fraction counts as one.</param>
    public static int Of(IntOrString? value, int total, bool roundUp) => value switch
    {
        null => 0,
        { IsText: false } number => number.Number,
        { } text when Percent(text) is { } percent => (int)Math.Min(int.MaxValue, roundUp ? (((long)percent * total) + 99) / 100 : (long)percent * total / 100),
        _ => 0,
    };

    /// <summary>The number before the percent sign; null when it is no percentage.</summary>
    public static int? Percent(IntOrString value) =>
        value.Text is { Length: > 1 } text && text[^1] == '%' && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var percent)
            ? percent
            : null;
}
