using System.Globalization;

namespace Insula.Api.Selectors;

/// <summary>One condition on one label.</summary>
internal sealed record Requirement(string Key, LabelOperator Operator, HashSet<string> Values)
{
    public bool Matches(bool has, string? value) => Operator switch
    {
        LabelOperator.In => has && Values.Contains(value!),
        LabelOperator.NotIn => !has || !Values.Contains(value!),
        LabelOperator.Exists => has,
        LabelOperator.DoesNotExist => !has,
        LabelOperator.GreaterThan => has && Compare(value!) > 0,
        _ => has && Compare(value!) < 0,
    };

    public override string ToString()
    {
        var sorted = string.Join(',', Values.Order(StringComparer.Ordinal));
        return Operator switch
        {
            LabelOperator.In => Values.Count == 1 ? $"{Key}={sorted}" : $"{Key} in ({sorted})",
            LabelOperator.NotIn => Values.Count == 1 ? $"{Key}!={sorted}" : $"{Key} notin ({sorted})",
            LabelOperator.Exists => Key,
            LabelOperator.DoesNotExist => "!" + Key,
            LabelOperator.GreaterThan => $"{Key}>{sorted}",
            _ => $"{Key}<{sorted}",
        };
    }

    // 0, matching neither way, when the label's value is no number.
    private int Compare(string value) =>
        long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number.CompareTo(long.Parse(Values.First(), CultureInfo.InvariantCulture))
            : 0;
}
