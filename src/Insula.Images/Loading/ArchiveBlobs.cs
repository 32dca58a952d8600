using Insula.Images.Tar;
using Microsoft.Win32.SafeHandles;

namespace Insula.Images.Loading;

/// <summary>
/// An archive as one uncompressed tar on disk. Its members are ranges of that file and are never written under
/// names of their own.
/// </summary>
internal sealed class ArchiveBlobs : IBlobs
{
    private const int MostLinks = 8;
    private readonly SafeFileHandle _file;
    private readonly Dictionary<string, Member> _members = new(StringComparer.Ordinal);

    /// <param name="path">The received tar.</param>
    /// <param name="limits">Most members.</param>
    /// <param name="cancellationToken">Ends the reading of the table.</param>
    public ArchiveBlobs(string path, ImageLimits limits, CancellationToken cancellationToken)
    {
        _file = File.OpenHandle(path);
        try
        {
            using var stream = new RangeStream(_file, 0, RandomAccess.GetLength(_file));
            var tar = new TarReader(stream, limits.ArchiveMembers);
            while (tar.Next() is { } entry)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Add(entry);
            }
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public string Description => "the archive";

    public Stream? Open(string path)
    {
        // Docker's older archives say "the same layer" by a link.
        for (var links = 0; links <= MostLinks; links++)
        {
            if (!_members.TryGetValue(path, out var member))
            {
                return null;
            }

            if (member.LinkTo is null)
            {
                return new RangeStream(_file, member.Offset, member.Size);
            }

            path = member.LinkTo;
        }

        throw new ImageException(ImageError.InvalidImage, $"the archive's {Printable.Quote(path)} leads through links without end");
    }

    public void Dispose() => _file.Dispose();

    private static string? Normalize(string name, string relativeTo = "")
    {
        var parts = new List<string>();
        foreach (var part in (name.StartsWith('/') ? name : $"{relativeTo}/{name}").Split('/'))
        {
            switch (part)
            {
                case "" or ".":
                    break;
                case "..":
                    if (parts.Count == 0)
                    {
                        return null;
                    }

                    parts.RemoveAt(parts.Count - 1);
                    break;
                default:
                    parts.Add(part);
                    break;
            }
        }

        return string.Join('/', parts);
    }

    private void Add(TarEntry entry)
    {
        if (entry.Type == TarEntryType.Directory)
        {
            return;
        }

        var name = Normalize(entry.Name)
            ?? throw new ImageException(ImageError.InvalidImage, $"the archive's member {Printable.Quote(entry.Name)} leads out of it");
        var directory = name.LastIndexOf('/') is var slash && slash < 0 ? "" : name[..slash];
        var linkTo = entry.Type switch
        {
            TarEntryType.File => null,
            TarEntryType.SymbolicLink => Normalize(entry.LinkName, directory),
            TarEntryType.HardLink => Normalize(entry.LinkName),
            _ => throw new ImageException(ImageError.InvalidImage, $"the archive's member {Printable.Quote(entry.Name)} is neither file nor directory"),
        };
        if (entry.Type != TarEntryType.File && linkTo is null)
        {
            throw new ImageException(ImageError.InvalidImage, $"the archive's link {Printable.Quote(entry.Name)} leads out of it");
        }

        _members[name] = new Member(entry.ContentOffset, entry.Size, linkTo);
    }

    private readonly record struct Member(long Offset, long Size, string? LinkTo);
}
