using Insula.Images.Layers;
using Insula.Images.Saving;
using Insula.Linux;

namespace Insula.Images;

public sealed partial class ImageStore
{
    /// <summary>
    /// Opens images to be saved as one archive. A name saves the image under that name, an id under all its names. Layers are made again of what was unpacked, with the very bytes
    /// they had: the ids of the images stay the same wherever they are loaded.
    /// </summary>
    /// <param name="references">Names or ids.</param>
    /// <exception cref="ImageException">There is no such image, or a layer of it cannot be made again.</exception>
    public ImageArchive Save(IReadOnlyList<string> references)
    {
        ArgumentNullException.ThrowIfNull(references);
        var snapshot = _snapshot;
        var images = new List<(Image Image, List<string> Names)>();
        foreach (var reference in references)
        {
            var (image, name) = snapshot.Find(reference) ?? throw new ImageException(ImageError.NotFound, $"there is no image {Printable.Quote(reference)}");
            IEnumerable<string> names = name is null ? image.References : [name];
            if (images.Find(i => i.Image.Id == image.Id) is { Names: { } more })
            {
                more.AddRange(names.Except(more).ToList());
            }
            else
            {
                images.Add((image, [.. names]));
            }
        }

        var layers = new List<(string DiffId, SkeletonReader Skeleton, Descriptor Directory)>();
        try
        {
            var saved = images.Select(i => Save(snapshot, i.Image, i.Names, layers)).ToList();
            return new ImageArchive(saved, layers);
        }
        catch (Exception e)
        {
            layers.ForEach(l =>
            {
                l.Skeleton.Dispose();
                l.Directory.Dispose();
            });
            if (e is IOException or UnauthorizedAccessException)
            {
                throw new ImageException(ImageError.Storage, $"the image store failed: {e.Message}", e);
            }

            throw;
        }
    }

    private SavedImage Save(
        Store.StoreSnapshot snapshot, Image image, List<string> names, List<(string DiffId, SkeletonReader Skeleton, Descriptor Directory)> layers)
    {
        var record = snapshot.Index.Images.First(i => i.Id == image.Id);
        var lengths = new List<(string, long)>();
        foreach (var number in record.Layers)
        {
            var diffId = snapshot.Index.Layers.First(l => l.Number == number).DiffId;
            var known = layers.FindIndex(l => l.DiffId == diffId);
            if (known < 0)
            {
                known = layers.Count;
                layers.Add((diffId, Skeleton(image, number, diffId), _files.OpenLayer(number)));
            }

            lengths.Add((diffId, layers[known].Skeleton.Length));
        }

        return new SavedImage(image, names, _files.ReadBlob(image.Id), lengths);
    }

    private SkeletonReader Skeleton(Image image, long number, string diffId)
    {
        var file = _files.OpenSkeleton(number) ?? throw new ImageException(
            ImageError.Unsupported,
            $"image {image} cannot be saved: its layer {diffId} has entries that replace others, or came before layers could be made again; "
            + "where it is the latter, remove the image and pull or load it once more");
        try
        {
            return new SkeletonReader(file);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            file.Dispose();
            throw new ImageException(ImageError.Storage, $"image {image} cannot be saved: the skeleton of its layer {diffId} is damaged: {e.Message}", e);
        }
    }
}
