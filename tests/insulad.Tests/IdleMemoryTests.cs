using Insula.Images;
using Insulad.Hosting;

namespace Insulad.Tests;

public sealed class IdleMemoryTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("insula-images-").FullName;
    private readonly ImageStore _images;

    public IdleMemoryTests() => _images = ImageStore.Open(new ImageOptions { Directory = Path.Combine(_directory, "images") });

    public void Dispose()
    {
        _images.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void Memory_is_given_back_once_after_a_burst_and_not_within_it()
    {
        using var memory = new IdleMemory(_images, TimeProvider.System);
        Assert.False(memory.IsDue(20 << 20)); // at work
        Assert.False(memory.IsDue(40 << 20));
        Assert.False(memory.IsDue((40 << 20) + 1000)); // a pause, perhaps
        Assert.True(memory.IsDue((40 << 20) + 2000)); // over
        Assert.False(memory.IsDue((40 << 20) + 3000)); // nothing new
    }

    [Fact]
    public void A_pause_between_two_bursts_is_not_the_end()
    {
        using var memory = new IdleMemory(_images, TimeProvider.System);
        Assert.False(memory.IsDue(20 << 20));
        Assert.False(memory.IsDue((20 << 20) + 1000));
        Assert.False(memory.IsDue(40 << 20));
        Assert.False(memory.IsDue((40 << 20) + 1000));
        Assert.True(memory.IsDue((40 << 20) + 2000));
    }

    [Fact]
    public void Little_by_little_is_worth_it_too_some_time()
    {
        using var memory = new IdleMemory(_images, TimeProvider.System);
        var due = Enumerable.Range(1, 100).Count(period => memory.IsDue(period * 100_000));
        Assert.Equal(2, due);
    }
}
