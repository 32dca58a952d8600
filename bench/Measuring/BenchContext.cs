namespace Insula.Bench.Measuring;

/// <summary>What all figures are measured with.</summary>
/// <param name="Programs">The directory of <c>insulad</c>, <c>insula</c> and <c>insula-shim</c>.</param>
/// <param name="Images">The directory of the test images.</param>
/// <param name="Tools">The directory of <c>floor</c> and <c>timed</c>.</param>
/// <param name="Work">A directory of this run's own.</param>
/// <param name="Quick">Whether a small form is wanted: fewer rounds, fewer pods.</param>
/// <param name="Gates">Whether nothing is wanted but what <see cref="Promise.Gates"/>; a quick form, too.</param>
/// <param name="Say">Tells of progress, a line each.</param>
internal sealed record BenchContext(string Programs, string Images, string Tools, string Work, bool Quick, bool Gates, Action<string> Say)
{
    /// <summary>One number for a whole run, another for a quick one.</summary>
    public int Count(int whole, int quick) => Quick ? quick : whole;
}
