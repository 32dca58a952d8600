using System.Collections.ObjectModel;

namespace Insula.Bench.Measuring;

/// <summary>
/// What was measured, by name (such as <c>insula start</c>) and round. Rounds that were measured for two names can be paired: the machine
/// was in the same mood for both.
/// </summary>
internal sealed class Samples
{
    private readonly Dictionary<string, SortedDictionary<int, double>> _values = new(StringComparer.Ordinal);

    /// <summary>What was left out, and why.</summary>
    public Collection<string> Skipped { get; } = [];

    /// <summary>The names, in the order in which they were first measured.</summary>
    public IEnumerable<string> Names => _values.Keys;

    /// <summary>Adds a value.</summary>
    public void Add(string name, int round, double value)
    {
        if (!_values.TryGetValue(name, out var values))
        {
            _values[name] = values = [];
        }

        values[round] = value;
    }

    /// <summary>All values of a name, sorted; empty when it was not measured.</summary>
    public IReadOnlyList<double> Of(string name) => _values.TryGetValue(name, out var values) ? [.. values.Values.Order()] : [];

    /// <summary>The ratios of two names, round by round, sorted.</summary>
    public IReadOnlyList<double> Ratios(string numerator, string denominator) =>
        _values.TryGetValue(numerator, out var above) && _values.TryGetValue(denominator, out var below)
            ? [.. above.Where(value => below.ContainsKey(value.Key)).Select(value => value.Value / below[value.Key]).Order()]
            : [];

    /// <summary>A quantile of sorted values, 0.5 being the median: the value that so large a part of them does not exceed.</summary>
    public static double Quantile(IReadOnlyList<double> sorted, double part) =>
        sorted.Count == 0 ? double.NaN : sorted[Math.Clamp((int)Math.Ceiling(part * sorted.Count) - 1, 0, sorted.Count - 1)];
}
