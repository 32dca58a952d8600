using System.Runtime.InteropServices;
using System.Text;
using Insula.Linux.Files;
using Insula.Linux.LibC;

namespace Insula.Linux.Cgroups;

/// <summary>Control files of the running kernel.</summary>
internal sealed class KernelCgroupFiles : ICgroupFiles
{
    public bool MakeDirectory(string path)
    {
        if (sys_stat.mkdirat(Descriptor.WorkingDirectory, path, 0x1ED) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == (int)Errno.EEXIST
            ? false
            : throw LinuxException.FromLastError("mkdir", path);
    }

    public Errno RemoveDirectory(string path) =>
        unistd.unlinkat(Descriptor.WorkingDirectory, path, fcntl.AT_REMOVEDIR) == 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();

    public Errno Write(string path, string value)
    {
        try
        {
            using var file = Descriptor.Open(path, fcntl.O_WRONLY);
            file.WriteAll(value, path);
            return Errno.None;
        }
        catch (LinuxException exception)
        {
            return exception.Errno;
        }
    }

    public string? Read(string path)
    {
        try
        {
            using var file = Descriptor.Open(path, fcntl.O_RDONLY);
            return Encoding.UTF8.GetString(file.ReadToEnd());
        }
        catch (LinuxException exception) when (exception.Errno is Errno.ENOENT or Errno.ENODEV)
        {
            // ENODEV: the group was removed between open and read.
            return null;
        }
    }

    public IReadOnlyList<string> Children(string path)
    {
        try
        {
            using var directory = Directories.Open(path);
            return [.. DirectoryReader.Read(directory).Where(entry => entry.Type == DirectoryReader.TypeDirectory).Select(entry => entry.Name)];
        }
        catch (LinuxException exception) when (exception.Errno is Errno.ENOENT or Errno.ENODEV)
        {
            return [];
        }
    }

    public unsafe bool Exists(string path)
    {
        sys_stat.statx_t result;
        return sys_stat.statx(Descriptor.WorkingDirectory, path, 0, sys_stat.STATX_BASIC_STATS, &result) == 0;
    }
}
