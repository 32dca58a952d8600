using System.Collections.Concurrent;
using System.Text;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Network.Cni;

/// <summary>The attachments on disk, a file each, and in memory. A change is on disk before it is in memory.</summary>
/// <param name="path">The directory; made with the first record.</param>
internal sealed class CniRecords(string path)
{
    private const string Suffix = ".json";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly ConcurrentDictionary<string, CniAttachment> _known = new(StringComparer.Ordinal);

    /// <summary>All.</summary>
    public IEnumerable<CniAttachment> All => _known.Values;

    /// <summary>Where a sandbox's record is.</summary>
    public string PathOf(string sandboxId) => Path.Combine(path, sandboxId + Suffix);

    /// <summary>That of a sandbox; null for none.</summary>
    public CniAttachment? Find(string sandboxId) => _known.GetValueOrDefault(sandboxId);

    /// <summary>Reads what an earlier daemon has written.</summary>
    /// <exception cref="NetworkException">A file is not what was written.</exception>
    public void Load()
    {
        if (!Directory.Exists(path))
        {
            return;
        }

        foreach (string file in Directory.EnumerateFiles(path))
        {
            string name = Path.GetFileName(file);
            if (name.StartsWith('.'))
            {
                // A record that was being written when its daemon ended: nothing was done for it yet.
                File.Delete(file);
                continue;
            }

            try
            {
                CniAttachment read = CniAttachment.Read(File.ReadAllText(file, Encoding.UTF8));
                _known[read.SandboxId] = read.SandboxId + Suffix == name ? read : throw new CniException("sandbox: not that of the file's name");
            }
            catch (CniException e)
            {
                throw new NetworkException($"{file} is no record of a CNI network's attachment: {e.Message}; by it addresses and links are given back: put it right, or remove it when you have given them back by hand", e);
            }
        }
    }

    /// <summary>Writes one.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    public void Put(CniAttachment attachment)
    {
        Directory.CreateDirectory(path, Private);
        using Descriptor directory = Directories.Open(path);
        AtomicFile.Write(directory, attachment.SandboxId + Suffix, attachment.ToBytes());
        _known[attachment.SandboxId] = attachment;
    }

    /// <summary>Removes one.</summary>
    /// <exception cref="IOException">It could not be removed.</exception>
    public void Remove(string sandboxId)
    {
        using Descriptor directory = Directories.Open(path);
        if (unistd.unlinkat(directory, sandboxId + Suffix, 0) != 0 && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() != (int)Errno.ENOENT)
        {
            throw LinuxException.FromLastError("unlink", sandboxId + Suffix);
        }

        if (unistd.fsync(directory) != 0)
        {
            throw LinuxException.FromLastError("fsync", path);
        }

        _known.TryRemove(sandboxId, out _);
    }
}
