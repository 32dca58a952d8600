namespace Insula.Bench.Measuring;

/// <summary>A group of figures that are measured together.</summary>
/// <param name="Name">The word by which <c>--only</c> chooses it.</param>
/// <param name="Title">Its heading in the report.</param>
/// <param name="About">What is done and measured, in a sentence or two.</param>
/// <param name="Unit">The unit of what is measured.</param>
/// <param name="Promises">What is promised of it.</param>
/// <param name="MeasureAsync">Measures it.</param>
internal sealed record Figure(
    string Name, string Title, string About, string Unit, IReadOnlyList<Promise> Promises, Func<BenchContext, Samples, CancellationToken, Task> MeasureAsync);
