namespace Insula.Bench.Measuring;

/// <summary>One of those that do the same work in turn.</summary>
internal interface IContestant : IAsyncDisposable
{
    /// <summary>Its name, the first word of what it measures.</summary>
    string Name { get; }

    /// <summary>Does the work once.</summary>
    /// <param name="round">Which time, from 0.</param>
    /// <param name="cancellationToken">Ends the benchmark.</param>
    /// <returns>What was measured, in the unit of the figure, by name.</returns>
    Task<IReadOnlyList<(string Name, double Value)>> RunAsync(int round, CancellationToken cancellationToken);
}
