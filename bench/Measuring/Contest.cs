namespace Insula.Bench.Measuring;

/// <summary>Has contestants do the same work in turn, round by round, so that whatever else the machine does meets all of them.</summary>
internal static class Contest
{
    /// <summary>Runs it. The first rounds, in which caches and compilers warm up, are not counted.</summary>
    /// <param name="contestants">Who takes part; each round begins with another one.</param>
    /// <param name="rounds">How many are counted.</param>
    /// <param name="warmUp">How many are not.</param>
    /// <param name="samples">Where the values go.</param>
    /// <param name="progress">Told after each round.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(
        IReadOnlyList<IContestant> contestants, int rounds, int warmUp, Samples samples, Action<int, int> progress, CancellationToken cancellationToken)
    {
        for (var round = 0; round < warmUp + rounds; round++)
        {
            for (var turn = 0; turn < contestants.Count; turn++)
            {
                var contestant = contestants[(round + turn) % contestants.Count];
                foreach (var (name, value) in await contestant.RunAsync(round, cancellationToken))
                {
                    if (round >= warmUp)
                    {
                        samples.Add($"{contestant.Name} {name}".TrimEnd(), round - warmUp, value);
                    }
                }
            }

            progress(round + 1, warmUp + rounds);
        }
    }
}
