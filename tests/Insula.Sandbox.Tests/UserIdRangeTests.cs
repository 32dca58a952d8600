namespace Insula.Sandbox.Tests;

public sealed class UserIdRangeTests
{
    [Fact]
    public void A_range_comes_back_as_it_went() =>
        Assert.Equal(new UserIdRange(131072, 65536), UserIdRange.TryParse(new UserIdRange(131072, 65536).ToString()));

    [Theory]
    [InlineData("")]
    [InlineData("131072")]
    [InlineData("131072:")]
    [InlineData(":65536")]
    [InlineData("0:65536")]
    [InlineData("131072:0")]
    [InlineData("131072:65536:1")]
    [InlineData("-1:65536")]
    [InlineData("+1:65536")]
    [InlineData(" 1:65536")]
    [InlineData("1:65536\n")]
    [InlineData("4294901760:65536")] // its last id would be 2^32 - 1, which means "unchanged" to the kernel
    [InlineData("4294967296:1")]
    public void What_is_no_range_is_refused(string text) => Assert.Null(UserIdRange.TryParse(text));

    [Fact]
    public void The_highest_range_ends_below_the_id_that_is_none() => Assert.Equal(4294967294, UserIdRange.TryParse("4294901759:65536")!.Last);

    [Theory]
    [InlineData(0, true)]
    [InlineData(65535, true)]
    [InlineData(65536, false)]
    [InlineData(uint.MaxValue, false)]
    public void Ids_inside_begin_at_0(uint id, bool mapped) => Assert.Equal(mapped, new UserIdRange(131072, 65536).Maps(id));

    [Theory]
    [InlineData(131072, 65536, true)]
    [InlineData(65536, 65536, false)]
    [InlineData(65536, 65537, true)]
    [InlineData(196608, 65536, false)]
    [InlineData(196607, 1, true)]
    public void Ranges_that_share_an_id_overlap(uint first, uint count, bool overlap)
    {
        Assert.Equal(overlap, new UserIdRange(131072, 65536).Overlaps(new UserIdRange(first, count)));
        Assert.Equal(overlap, new UserIdRange(first, count).Overlaps(new UserIdRange(131072, 65536)));
    }
}
