using Insula.Pods.Security;

namespace Insula.Pods.Tests.Security;

public sealed class CategoryAllocatorTests : IDisposable
{
    private readonly string _pods = Directory.CreateTempSubdirectory("insula-test-").FullName;

    public void Dispose() => Directory.Delete(_pods, recursive: true);

    [Fact]
    public void Every_pod_has_a_pair_of_its_own_and_keeps_it_until_all_are_taken()
    {
        var allocator = new CategoryAllocator(_pods, 4);
        var uids = Enumerable.Range(0, 6).Select(i => Pod($"p{i}")).ToList();
        var pairs = uids.Select(allocator.Of).ToList();
        CategoryPair[] all = [new(0, 1), new(0, 2), new(1, 2), new(0, 3), new(1, 3), new(2, 3)];
        Assert.Equal(all.ToHashSet(), pairs.ToHashSet());
        Assert.Equal(pairs, uids.Select(allocator.Of));
        Assert.Contains("all 6 pairs of categories", Assert.Throws<NotSupportedException>(() => allocator.Of(Pod("more"))).Message, StringComparison.Ordinal);

        Directory.Delete(Path.Combine(_pods, "p3"), recursive: true);
        allocator.Release("p3");
        Assert.Equal(pairs[3], allocator.Of("more"));
    }

    [Fact]
    public void The_next_daemon_takes_up_what_is_written()
    {
        var kept = new CategoryAllocator(_pods, 3).Of(Pod("a"));
        Assert.Equal(kept.ToString(), File.ReadAllText(Path.Combine(_pods, "a", CategoryAllocator.FileName)));
        var next = new CategoryAllocator(_pods, 3);
        next.Adopt();
        Assert.Equal(kept, next.Of("a"));
        Assert.NotEqual(kept, next.Of(Pod("b")));
        Assert.NotEqual(kept, next.Of(Pod("c")));
    }

    [Fact]
    public void All_of_a_policy_s_categories_are_used()
    {
        var allocator = new CategoryAllocator(_pods);
        var pairs = Enumerable.Range(0, 50).Select(i => allocator.Of(Pod($"p{i}"))).ToList();
        Assert.Equal(50, pairs.Distinct().Count());
        Assert.All(pairs, pair => Assert.True(pair.Low >= 0 && pair.Low < pair.High && pair.High < 1024, $"{pair}"));
        Assert.Contains(pairs, pair => pair.High > 300);
    }

    [Theory]
    [InlineData("c1,c2", true)]
    [InlineData("c0,c1023", true)]
    [InlineData("", false)]
    [InlineData("c1", false)]
    [InlineData("c2,c1", false)]
    [InlineData("c1,c1", false)]
    [InlineData("c1,c2,c3", false)]
    [InlineData("1,2", false)]
    [InlineData("c1,c2\n", false)]
    [InlineData("c-1,c2", false)]
    public void Only_a_pair_in_order_is_read(string text, bool isPair) => Assert.Equal(isPair ? text : null, CategoryPair.TryParse(text)?.ToString());

    private string Pod(string uid) => Directory.CreateDirectory(Path.Combine(_pods, uid)).Name;
}
