namespace Insula.SystemTests.Harness;

/// <summary>One daemon for all tests of a class; each test uses pods of its own names.</summary>
public class InstanceFixture : IAsyncLifetime
{
    private Instance? _instance;

    public Instance Instance => _instance ?? throw new InvalidOperationException("the daemon has not started");

    /// <summary>Short back-off and periods, so that no test waits for what it does not test.</summary>
    protected virtual string Config =>
        """
        back-off-initial: 1s
        back-off-max: 4s
        """;

    protected virtual InstanceSetup Setup => new() { Config = Config };

    protected virtual string[] Images => ["busybox"];

    public async ValueTask InitializeAsync() => _instance = await Instance.StartAsync(Setup, Images);

    public virtual async ValueTask DisposeAsync()
    {
        if (_instance is not null)
        {
            await _instance.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }
}
