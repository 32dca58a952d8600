using Insula.Network.Balancers;
using Insula.Network.Dns.Cluster;

namespace Insula.Network.Tests.Balancers;

public sealed class HealthTableTests
{
    [Fact]
    public void Only_what_changed_is_told_and_what_is_gone_ends()
    {
        var table = new HealthTable();
        Set(table, true, ("a", 1, 0), ("b", 2, 1));
        Assert.Equal("1=0 2=1", Changes(table));
        Set(table, false, ("a", 1, 0));
        Assert.False(table.HasChanged);
        Set(table, false, ("a", 1, 3));
        Assert.Equal("1=3", Changes(table));
        table.Set(new Dictionary<string, HealthState?> { ["b"] = null }, whole: false);
        Assert.Equal("2=", Changes(table));
        Set(table, true, ("c", 4, 1));
        Assert.Equal("1= 4=1", Changes(table));
        Assert.Equal([4], table.Ports.Keys);
    }

    [Fact]
    public void A_port_that_moves_to_another_Service_says_what_that_one_does()
    {
        var table = new HealthTable();
        Set(table, true, ("a", 1, 0));
        Changes(table);
        table.Set(new Dictionary<string, HealthState?> { ["a"] = null, ["b"] = new(1, "b", 5) }, whole: false);
        Assert.Equal("1=5", Changes(table));
    }

    private static void Set(HealthTable table, bool whole, params (string Service, int Port, int Endpoints)[] states) =>
        table.Set(states.ToDictionary(s => s.Service, s => (HealthState?)new HealthState(s.Port, s.Service, s.Endpoints)), whole);

    private static string Changes(HealthTable table) => string.Join(' ', table.TakeChanges().OrderBy(c => c.Key).Select(c => $"{c.Key}={c.Value?.Endpoints}"));
}
