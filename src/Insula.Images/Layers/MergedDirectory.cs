using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Images.Layers;

/// <summary>One directory as overlayfs would merge it: the same name in several layers, uppermost first.</summary>
internal sealed class MergedDirectory : IDisposable
{
    private readonly List<Descriptor> _layers;

    public MergedDirectory(List<Descriptor> layers) => _layers = layers;

    /// <summary>Owner and mode of the merged directory: the uppermost one's.</summary>
    public FileStatus Status => Entries.Status(_layers[0]);

    /// <summary>What a name is in the merged view: a directory, or the layer that has it as something else; null when nothing.</summary>
    public (MergedDirectory? Directory, Descriptor? Layer, FileStatus Status)? Look(string name)
    {
        var found = new List<Descriptor>();
        try
        {
            foreach (var layer in _layers)
            {
                var status = Entries.Status(layer, name);
                if (status is null)
                {
                    continue;
                }

                if (status is not { IsDirectory: true })
                {
                    // Below a directory a lower file is hidden, and a whiteout ends the merge.
                    if (found.Count > 0)
                    {
                        break;
                    }

                    return status.Value.IsWhiteout ? null : (null, layer, status.Value);
                }

                var directory = Directories.OpenChild(layer, name);
                found.Add(directory);
                if (LayerAttributes.IsOpaque(directory))
                {
                    break;
                }
            }

            if (found.Count == 0)
            {
                return null;
            }

            var merged = new MergedDirectory(found);
            found = [];
            return (merged, null, merged.Status);
        }
        finally
        {
            found.ForEach(d => d.Dispose());
        }
    }

    /// <summary>Opens a regular file found by <see cref="Look"/>. Never blocks, whatever the name has become.</summary>
    public static Descriptor OpenFile(Descriptor layer, string name) =>
        Descriptor.OpenAt(layer, name, fcntl.O_RDONLY | fcntl.O_NOFOLLOW | fcntl.O_NONBLOCK | fcntl.O_NOCTTY);

    public void Dispose() => _layers.ForEach(d => d.Dispose());
}
