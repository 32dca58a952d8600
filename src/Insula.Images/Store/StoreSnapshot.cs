using Insula.Images.Formats;

namespace Insula.Images.Store;

/// <summary>An index made ready for lookups. Immutable.</summary>
internal sealed class StoreSnapshot
{
    private readonly Dictionary<string, Image> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Image> _byDigest = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Image> _byReference = new(StringComparer.Ordinal);

    public StoreSnapshot(StoreIndex index, string layersDirectory)
    {
        Index = index;
        var layers = index.Layers.ToDictionary(l => l.Number);
        var users = index.Images.SelectMany(i => i.Layers.Distinct()).CountBy(n => n).ToDictionary();
        foreach (var record in index.Images)
        {
            var image = ToImage(record, layers, users, layersDirectory);
            _byId[record.Id] = image;
            foreach (var digest in record.Digests)
            {
                _byDigest[digest] = image;
            }

            foreach (var reference in record.References)
            {
                _byReference[reference] = image;
            }
        }

        Images = _byId.Values
            .OrderBy(i => i.References.Count > 0 ? i.References[0] : "", StringComparer.Ordinal)
            .ThenBy(i => i.Id, StringComparer.Ordinal)
            .ToList();
    }

    public StoreIndex Index { get; }

    public IReadOnlyList<Image> Images { get; }

    /// <summary>An image and the one name that led to it; no name when an id or digest did.</summary>
    public (Image Image, string? Name)? Find(string reference)
    {
        if (Digests.IsValid(reference))
        {
            return _byId.TryGetValue(reference, out var byId) ? (byId, null) : null;
        }

        var parsed = ImageReference.Parse(reference);
        if (parsed.Digest is not null)
        {
            return _byDigest.TryGetValue(parsed.Digest, out var byDigest) ? (byDigest, null) : null;
        }

        var name = parsed.ToString();
        return _byReference.TryGetValue(name, out var image) ? (image, name) : null;
    }

    public Image ById(string id) => _byId[id];

    public bool HasImage(string id) => _byId.ContainsKey(id);

    private static Image ToImage(ImageRecord record, Dictionary<long, LayerRecord> layers, Dictionary<long, int> users, string layersDirectory)
    {
        var directories = new List<string>();
        for (var i = record.Layers.Count - 1; i >= 0; i--)
        {
            directories.Add(StoreFiles.LayerPath(layersDirectory, record.Layers[i]));
            if (layers[record.Layers[i]].HidesAll)
            {
                break;
            }
        }

        return new Image
        {
            Id = record.Id,
            References = record.References,
            Digests = record.Digests,
            Pulled = record.Pulled ?? [],
            IsPinned = record.Pinned == true,
            Layers = record.Layers.Select(l => new ImageLayer(layers[l].DiffId, layers[l].Size, users[l] > 1)).ToList(),
            Size = record.Layers.Sum(l => layers[l].Size),
            Created = record.Created,
            Config = record.Config,
            LayerDirectories = directories,
        };
    }
}
