namespace Insula.Bench.Measuring;

/// <summary>A figure that is promised as a ratio of two that are measured, or as a value.</summary>
/// <param name="Title">What is promised.</param>
/// <param name="Moment">From which moment to which, exactly.</param>
/// <param name="Value">The name of what is measured.</param>
/// <param name="Per">What it is divided by, round by round; null for the value itself.</param>
/// <param name="Bound">What the median must keep to.</param>
/// <param name="AtLeast">Whether the bound is a lower one.</param>
/// <param name="Unit">The unit of the value.</param>
internal sealed record Promise(string Title, string Moment, string Value, string? Per, double Bound, bool AtLeast, string Unit)
{
    /// <summary>Whether a run that misses it has failed: of memory and counts, which another machine or its load does not change.</summary>
    public bool Gates { get; init; }

    /// <summary>The measured figure, or not a number.</summary>
    public double Measured(Samples samples) => Samples.Quantile(Per is null ? samples.Of(Value) : samples.Ratios(Value, Per), 0.5);

    /// <summary>Whether it is kept; null when it was not measured.</summary>
    public bool? Kept(Samples samples) => Measured(samples) is var measured && double.IsNaN(measured) ? null : AtLeast ? measured >= Bound : measured <= Bound;
}
