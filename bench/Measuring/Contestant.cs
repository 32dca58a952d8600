namespace Insula.Bench.Measuring;

/// <summary>A contestant whose work is a function.</summary>
/// <param name="name">Its name.</param>
/// <param name="run">Does the work of a round.</param>
internal sealed class Contestant(string name, Func<int, CancellationToken, Task<IReadOnlyList<(string Name, double Value)>>> run) : IContestant
{
    public string Name => name;

    public Task<IReadOnlyList<(string Name, double Value)>> RunAsync(int round, CancellationToken cancellationToken) => run(round, cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
