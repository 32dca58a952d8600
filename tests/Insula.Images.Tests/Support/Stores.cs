namespace Insula.Images.Tests.Support;

/// <summary>Stores and loads that need no root.</summary>
public static class Stores
{
    public static ImageOptions Options(string directory, ImageLimits? limits = null) => new()
    {
        Directory = directory,
        Ownership = LayerOwnership.CurrentUser,
        Limits = limits ?? ImageLimits.Default,
    };

    public static ImageStore Open(TemporaryDirectory directory, ImageLimits? limits = null) =>
        ImageStore.Open(Options(directory["images"], limits));

    public static async Task<LoadedImage> LoadOneAsync(this ImageStore store, ImageBuilder image, string? name = null) =>
        Assert.Single(await store.LoadAsync(new MemoryStream(image.Archive()), name, null, CancellationToken.None));

    public static async Task<ImageException> RefusesAsync(this ImageStore store, byte[] archive, ImageError error, string? name = null)
    {
        var e = await Assert.ThrowsAsync<ImageException>(() => store.LoadAsync(new MemoryStream(archive), name, null, CancellationToken.None));
        Assert.True(error == e.Error, $"expected {error}, got {e.Error}: {e.Message}");
        store.AssertClean();
        return e;
    }

    public static Task<ImageException> RefusesAsync(this ImageStore store, ImageBuilder image, ImageError error) =>
        store.RefusesAsync(image.Archive(), error);

    /// <summary>Nothing temporary is left, and only layers of images, with the one that lies below all of them.</summary>
    public static void AssertClean(this ImageStore store)
    {
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Path.GetDirectoryName(store.LayersDirectory)!, "tmp")));
        var used = store.List().SelectMany(i => i.LayerDirectories).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(used.Append(store.EnsureMountPoints()).Order(), Directory.GetFileSystemEntries(store.LayersDirectory).Order());
    }
}
