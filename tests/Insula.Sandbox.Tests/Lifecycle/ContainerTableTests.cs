using Insula.Sandbox.Containers;
using Insula.Sandbox.Lifecycle;

namespace Insula.Sandbox.Tests.Lifecycle;

public sealed class ContainerTableTests
{
    private static readonly DateTimeOffset T0 = DateTimeOffset.UnixEpoch;
    private static readonly ProcessUser _user = new(1, 2, [2]);
    private static readonly ContainerExit Exit = new(1, 0, T0.AddSeconds(5), false);

    [Fact]
    public void A_claimed_container_is_not_yet_one()
    {
        var table = new ContainerTable();
        table.Claim("a.0");
        Assert.Empty(table.Snapshot());
        Assert.Throws<SandboxException>(() => table.Claim("a.0"));
        table.Started("a.0", 7, T0, _user);
        Assert.Equal(new ContainerState("a.0", 7, T0, _user, null), Assert.Single(table.Snapshot()));
    }

    [Fact]
    public async Task An_exit_before_the_answer_of_its_start_is_kept()
    {
        var table = new ContainerTable();
        table.Claim("a.0");
        var ended = table.WhenEnded("a.0");
        Assert.False(ended.IsCompleted);
        Assert.True(table.Exited("a.0", 7, Exit));
        Assert.Equal(Exit, await ended);
        Assert.Equal(Exit, await table.WhenEnded("a.0"));
        Assert.Equal(new ContainerState("a.0", 7, T0, _user, Exit), table.Started("a.0", 7, T0, _user));
    }

    [Fact]
    public async Task The_answer_of_a_start_that_ended_and_was_removed_before_makes_no_container()
    {
        var table = new ContainerTable();
        table.Claim("a.0");
        table.Exited("a.0", 7, Exit);
        table.Remove("a.0");
        Assert.Equal(new ContainerState("a.0", 7, T0, _user, null), table.Started("a.0", 7, T0, _user));
        Assert.Empty(table.Snapshot());
        await table.WhenEnded("a.0");
        table.Claim("a.0");
    }

    [Fact]
    public void An_exit_is_news_once()
    {
        var table = new ContainerTable();
        table.Found("a.0", 7, T0, _user);
        Assert.True(table.Exited("a.0", 7, Exit));
        Assert.False(table.Exited("a.0", 7, Exit with { Code = 2 }));
        Assert.Equal(1, table.Find("a.0")!.Exit!.Code);
    }

    [Fact]
    public async Task A_lost_shim_fails_those_who_wait_for_an_end()
    {
        var table = new ContainerTable();
        table.Found("a.0", 7, T0, _user);
        table.Found("b.0", 8, T0, _user);
        table.Exited("b.0", 8, Exit);
        var ended = table.WhenEnded("a.0");
        table.Fail("gone");
        await Assert.ThrowsAsync<SandboxException>(() => ended);
        await Assert.ThrowsAsync<SandboxException>(() => table.WhenEnded("a.0"));
        await table.WhenEnded("b.0");
        await table.WhenEnded("unknown");
    }

    [Fact]
    public void A_removed_id_may_be_claimed_again()
    {
        var table = new ContainerTable();
        table.Found("a.0", 7, T0, _user);
        var ended = table.WhenEnded("a.0");
        table.Remove("a.0");
        Assert.True(ended.IsCompletedSuccessfully);
        Assert.Null(table.Find("a.0"));
        table.Claim("a.0");
    }
}
