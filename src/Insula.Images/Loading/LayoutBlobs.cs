using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Images.Loading;

/// <summary>An OCI layout directory. Links in it may not lead out, and only regular files are read.</summary>
internal sealed class LayoutBlobs : IBlobs
{
    private readonly Descriptor _directory;

    public LayoutBlobs(string directory)
    {
        Description = $"the OCI layout {Printable.Quote(directory)}";
        try
        {
            _directory = Directories.Open(directory);
        }
        catch (LinuxException e)
        {
            throw new ImageException(ImageError.InvalidImage, $"cannot open {Description}: {e.Message}", e);
        }
    }

    public string Description { get; }

    public Stream? Open(string path)
    {
        try
        {
            using var file = Directories.OpenBeneath(_directory, path, fcntl.O_RDONLY | fcntl.O_NONBLOCK | fcntl.O_NOCTTY);
            if (!Entries.Status(file).IsFile)
            {
                throw new ImageException(ImageError.InvalidImage, $"{Printable.Quote(path)} of {Description} is no regular file");
            }

            return new FileStream(File.OpenHandle(file.ProcPath), FileAccess.Read, 1);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return null;
        }
        catch (LinuxException e)
        {
            throw new ImageException(ImageError.InvalidImage, $"cannot read {Printable.Quote(path)} of {Description}: {e.Message}", e);
        }
    }

    public void Dispose() => _directory.Dispose();
}
