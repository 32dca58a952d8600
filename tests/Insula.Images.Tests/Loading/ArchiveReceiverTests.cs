using Insula.Images.Loading;
using Insula.Images.Tests.Support;

namespace Insula.Images.Tests.Loading;

public sealed class ArchiveReceiverTests
{
    [Fact]
    public async Task What_the_disk_refuses_is_the_store_s_failure()
    {
        using var temporary = new TemporaryDirectory();
        var e = await Assert.ThrowsAsync<ImageException>(() => ReceiveAsync(new MemoryStream([1, 2, 3]), temporary["missing/archive"]));
        Assert.Equal(ImageError.Storage, e.Error);
        Assert.StartsWith("the image store failed: ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_breaks_off_is_not_taken_for_the_disk()
    {
        using var temporary = new TemporaryDirectory();
        var e = await Assert.ThrowsAsync<IOException>(() => ReceiveAsync(new Broken(), temporary["archive"]));
        Assert.Equal("the client went away", e.Message);
    }

    private static Task ReceiveAsync(Stream archive, string path) => ArchiveReceiver.ReceiveAsync(archive, path, ImageLimits.Default, null, CancellationToken.None);

    private sealed class Broken : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("the client went away");
    }
}
