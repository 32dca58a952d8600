using Insula.Tests.Shared;

namespace Insula.Architecture.Tests;

/// <summary>Failpoints are found by their names in the sources, so each has one, and it is its own.</summary>
public sealed class FailpointTests
{
    [Fact]
    public void Names_are_literals_and_none_is_there_twice()
    {
        var all = FailpointNames.All();
        Assert.True(all.Count > 50, $"only {all.Count} failpoints found");
        Assert.Empty(FailpointNames.WithoutName());
        Assert.Empty(all.GroupBy(f => f.Name).Where(g => g.Count() > 1).Select(g => g.Key));
        Assert.All(all, f => Assert.Matches(@"^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)+$", f.Name));
        Assert.All(all, f => Assert.Equal(f.InShim, f.Name.StartsWith("shim.", StringComparison.Ordinal)));
    }
}
