using Insula.Pods.UserNamespaces;
using Insula.Sandbox;

namespace Insula.Pods.Tests.UserNamespaces;

public class UserIdBlockTests
{
    [Fact]
    public void WithoutAnythingTheDefaultIsUsed()
    {
        var block = UserIdBlock.Choose(null, Files("alice:100000:65536\n"));
        Assert.Equal(new UserIdRange(1879048192, 268435456), block.Ids);
        Assert.Equal(int.MaxValue, (long)block.Ids.Last);
    }

    [Fact]
    public void TheUserInsulaHasItsSubordinateIds()
    {
        var block = UserIdBlock.Choose(null, Files("alice:100000:65536\n# ours\n\ninsula:1048576:6553600\n"));
        Assert.Equal(new UserIdRange(1048576, 6553600), block.Ids);
        Assert.Contains("/etc/subuid", block.Origin);
    }

    [Fact]
    public void AnOptionWinsWithinWhatTheUserHas()
    {
        Assert.Equal(new UserIdRange(131072, 65536), UserIdBlock.Choose(new UserIdRange(131072, 65536), Files("")).Ids);
        Assert.Equal(new UserIdRange(1114112, 65536), UserIdBlock.Choose(new UserIdRange(1114112, 65536), Files("insula:1048576:6553600\n")).Ids);
        var refused = Assert.Throws<UserIdException>(() => UserIdBlock.Choose(new UserIdRange(131072, 65536), Files("insula:1048576:6553600\n")));
        Assert.Contains("--user-ids 131072:65536 goes beyond 1048576:6553600", refused.Message);
    }

    [Theory]
    [InlineData("insula:100000:65536\n", "multiple of 65536")]
    [InlineData("insula:131072:65535\n", "multiple of 65536")]
    [InlineData("insula:131072:65536\ninsula:262144:65536\n", "must have one line insula:FIRST:COUNT")]
    [InlineData("insula:131072\n", "must have one line insula:FIRST:COUNT")]
    [InlineData("insula:0:65536\n", "must have one line insula:FIRST:COUNT")]
    public void LinesThatCannotBeUsedAreNamed(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<UserIdException>(() => UserIdBlock.Choose(null, Files(text))).Message);

    [Theory]
    [InlineData("insula:131072:65536\n", "")]
    [InlineData("", "insula:131072:65536\n")]
    [InlineData("insula:131072:65536\n", "insula:196608:65536\n")]
    public void UsersAndGroupsMustHaveTheSame(string users, string groups) =>
        Assert.Contains("must have the same ids", Assert.Throws<UserIdException>(() => UserIdBlock.Choose(null, new HostIdFiles("", "", users, groups))).Message);

    [Fact]
    public void EveryOwnerIsFoundAndJunkIsPassedOver()
    {
        var files = new HostIdFiles(
            "root:x:0:0::/:/bin/sh\nalice:x:1000:1000::/:/bin/sh\njunk\nbad:x:-1:0::/:\nbig:x:4294967295:0::/:\n",
            "staff:x:50:alice\n",
            "alice:100000:65536\n1001:200000:1\nnot a line\n:5:5\n",
            "alice:300000:65536\n");
        Assert.Equal(
            ["alice 1000:1", "staff 50:1", "alice 100000:65536", "1001 200000:1", "alice 300000:65536"],
            OwnedIds.In(files).Select(ids => $"{ids.Owner} {ids.Ids}"));
    }

    private static HostIdFiles Files(string subordinate) => new("", "", subordinate, subordinate);
}
