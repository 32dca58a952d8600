using Insula.Pods.UserNamespaces;
using Insula.Sandbox;

namespace Insula.Pods.Tests.UserNamespaces;

public sealed class UserIdAllocatorTests : IDisposable
{
    private readonly string _pods = Directory.CreateTempSubdirectory("insula-test-").FullName;
    private HostIdFiles _files = new("", "", "", "");

    public void Dispose() => Directory.Delete(_pods, recursive: true);

    [Fact]
    public void EveryPodHasIdsOfItsOwnAndKeepsThem()
    {
        var allocator = Allocator(3);
        var all = new[] { "a", "b", "c" }.Select(uid => allocator.Of(Pod(uid))).ToList();
        Assert.Equal([new(131072, 65536), new(196608, 65536), new(262144, 65536)], all);
        Assert.Equal(all, new[] { "a", "b", "c" }.Select(allocator.Of));
        Assert.Contains("no 65536 ids are left", Assert.Throws<UserIdException>(() => allocator.Of(Pod("d"))).Message);
        Assert.Throws<UserIdException>(allocator.Describe);
    }

    [Fact]
    public void IdsComeBackOnlyWhenThePodIsGoneAndRestUntilTheOthersAreUsed()
    {
        var allocator = Allocator(3);
        var first = allocator.Of(Pod("a"));
        Remove("a", allocator);
        Assert.NotEqual(first, allocator.Of(Pod("b")));
        Assert.NotEqual(first, allocator.Of(Pod("c")));
        Assert.Equal(first, allocator.Of(Pod("d")));
        Assert.Throws<UserIdException>(() => allocator.Of(Pod("e")));
    }

    [Fact]
    public void TheNextDaemonTakesUpWhatIsWritten()
    {
        var before = Allocator(3);
        before.Of(Pod("a"));
        var kept = before.Of(Pod("b"));
        Remove("a", before);
        Pod("without");
        var next = Allocator(3);
        next.Adopt();
        Assert.Equal(kept, next.Of("b"));
        Assert.NotEqual(kept, next.Of(Pod("c")));
        Assert.NotEqual(kept, next.Of(Pod("d")));
        Assert.Throws<UserIdException>(() => next.Of(Pod("e")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1310")]
    [InlineData("131072:65536:junk")]
    public void AFileThatWasCutOffGivesNothing(string content)
    {
        File.WriteAllText(Path.Combine(_pods, Pod("a"), UserIdAllocator.FileName), content);
        var allocator = Allocator(1);
        allocator.Adopt();
        Assert.Equal(new UserIdRange(131072, 65536), allocator.Of("a"));
        Assert.Equal("131072:65536", File.ReadAllText(Path.Combine(_pods, "a", UserIdAllocator.FileName)));
    }

    [Fact]
    public void IdsOfTheMachinesUsersAreLeftOut()
    {
        // In each of the first four ranges somebody has an id; and one is made later.
        _files = new HostIdFiles("alice:x:131072:0::/:\n", "staff:x:262143:\n", "bob:200000:70000\n", "carol:327679:65536\n");
        var allocator = Allocator(8);
        Assert.Equal(new UserIdRange(393216, 65536), allocator.Of(Pod("a")));
        _files = _files with { Passwd = _files.Passwd + "late:x:524288:0::/:\n" };
        Assert.Equal([new(458752, 65536), new(589824, 65536)], new[] { "b", "c" }.Select(uid => allocator.Of(Pod(uid))));
        Assert.Throws<UserIdException>(() => allocator.Of(Pod("d")));
    }

    [Fact]
    public void TheUserInsulasOwnLinesAreNoObstacle()
    {
        _files = new HostIdFiles("insula:x:990:990::/:\n", "", "insula:131072:131072\n", "insula:131072:131072\n");
        var allocator = new UserIdAllocator(_pods, null, "", () => _files);
        Assert.Equal(new UserIdRange(131072, 65536), allocator.Of(Pod("a")));
        Assert.Contains("free for 1 more pods", allocator.Describe());
    }

    [Fact]
    public void InstancesThatShareABlockBeginAtDifferentPlaces()
    {
        var tags = new[] { "", "00000a", "ffffff" };
        var firsts = tags.Select((tag, i) => new UserIdAllocator(_pods, UserIdBlock.Default, tag, () => _files).Of(Pod($"p{i}"))).ToList();
        Assert.Equal(firsts.Count, firsts.Distinct().Count());
        Assert.All(firsts, ids => Assert.True(ids.First >= UserIdBlock.Default.First && ids.Last <= UserIdBlock.Default.Last));
    }

    [Fact]
    public void ManyAtATimeNeverShare()
    {
        var allocator = Allocator(200);
        foreach (var i in Enumerable.Range(0, 200))
        {
            Pod($"p{i}");
        }

        var all = Enumerable.Range(0, 200).AsParallel().WithDegreeOfParallelism(8).Select(i => allocator.Of($"p{i}")).ToList();
        Assert.Equal(200, all.Distinct().Count());
    }

    private UserIdAllocator Allocator(uint ranges) => new(_pods, new UserIdRange(131072, ranges * 65536), "", () => _files);

    private string Pod(string uid)
    {
        Directory.CreateDirectory(Path.Combine(_pods, uid));
        return uid;
    }

    private void Remove(string uid, UserIdAllocator allocator)
    {
        Directory.Delete(Path.Combine(_pods, uid), recursive: true);
        allocator.Release(uid);
    }
}
