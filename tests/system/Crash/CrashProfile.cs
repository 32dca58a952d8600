using Insula.Tests.Shared;

namespace Insula.SystemTests.Crash;

/// <summary>Which failpoints each operation comes to: all operations, once, with nothing armed.</summary>
public sealed class CrashProfile : IAsyncLifetime
{
    private readonly List<Encounter> _encounters = [];

    internal IReadOnlyList<Encounter> Encounters => _encounters;

    public async ValueTask InitializeAsync()
    {
        var known = FailpointNames.All().ToDictionary(f => f.Name);
        await using var world = await CrashWorld.StartAsync();
        foreach (var operation in Operation.All)
        {
            await world.PrepareAsync(operation);
            var before = operation.WithPod ? await world.FindAsync() : null;
            world.Insula.Failpoints.TakeReached();
            Assert.True(await operation.BeginAsync(world), $"{operation} does not even work in peace: {world.Said}\n{world.Insula.DaemonLog}");
            await operation.FinishAsync(world, true, before);
            if (operation.AfterAsync is { } clean)
            {
                // Nothing is armed while it is cleaned up: what that comes to is not the operation's.
                Take(operation);
                await clean(world);
            }

            await world.Audit.AssertAgreementAsync($"after {operation} in peace");
            if (operation.AfterAsync is null)
            {
                Take(operation);
            }

            void Take(Operation of) => _encounters.AddRange(world.Insula.Failpoints.TakeReached().Select(name => new Encounter(of, known[name])));
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
