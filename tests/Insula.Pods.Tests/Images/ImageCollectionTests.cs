using Insula.Images;
using Insula.Pods.Images;

namespace Insula.Pods.Tests.Images;

public class ImageCollectionTests
{
    private static readonly DateTimeOffset _now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData(85, 80, 1000, 151, 0)]
    [InlineData(85, 80, 1000, 150, 50)]
    [InlineData(85, 80, 1000, 0, 200)]
    [InlineData(100, 80, 1000, 0, 0)]
    [InlineData(85, 90, 1000, 100, 0)]
    [InlineData(1, 0, 1000, 990, 10)]
    [InlineData(85, 80, 0, 0, 0)]
    public void Room_is_wanted_above_the_high_mark_and_as_much_as_the_low_one_says(int high, int low, long capacity, long available, long wanted) =>
        Assert.Equal(wanted, ImageCollection.ToFree(new ImageCollectionRules { High = high, Low = low }, capacity, available));

    [Fact]
    public void Those_go_first_that_nobody_has_wanted_for_longest_and_never_one_in_use_pinned_or_new()
    {
        ImageAge[] ages = [Age("b", 60, 30), Age("used", 60, null), Age("a", 60, 50), Age("new", 1, 1), Age("pinned", 60, 60, pinned: true), Age("older", 70, 30)];
        Assert.Equal(["a", "older", "b"], ImageCollection.Candidates(ages, new ImageCollectionRules(), _now).Select(i => i.Image.Id));
        Assert.Empty(ImageCollection.TooOld(ages, new ImageCollectionRules(), _now));
        Assert.Equal(["a"], ImageCollection.TooOld(ages, new ImageCollectionRules { MostAge = TimeSpan.FromMinutes(40) }, _now).Select(i => i.Image.Id));
    }

    private static ImageAge Age(string id, int since, int? idle, bool pinned = false) => new(
        new Image { Id = id, References = [], Size = 1, Config = new ImageConfig(), LayerDirectories = [], IsPinned = pinned },
        _now - TimeSpan.FromMinutes(since),
        idle is { } minutes ? _now - TimeSpan.FromMinutes(minutes) : null);
}
