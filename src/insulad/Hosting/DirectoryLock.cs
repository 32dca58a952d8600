using System.Globalization;
using System.Text;
using Insula.Linux;
using Insula.Linux.LibC;

namespace Insulad.Hosting;

/// <summary>
/// Makes a directory this daemon's alone while it lives: flock(2) on <c>lock</c> in it. The kernel lets go of it with
/// the process, however that ends; the pid in the file is only for people.
/// </summary>
internal sealed class DirectoryLock : IDisposable
{
    private readonly Descriptor _file;

    private DirectoryLock(Descriptor file) => _file = file;

    /// <summary>Makes the directory (0700) when missing, and locks it.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="mode">Its mode when made.</param>
    /// <exception cref="StartupException">Another daemon holds it, or it cannot be made.</exception>
    public static DirectoryLock Acquire(string path, UnixFileMode mode)
    {
        try
        {
            Directory.CreateDirectory(path, mode);
            var file = Descriptor.Open(Path.Combine(path, "lock"), fcntl.O_RDWR | fcntl.O_CREAT | fcntl.O_NOFOLLOW, 0b110_000_000);
            if (sys_file.flock(file, sys_file.LOCK_EX | sys_file.LOCK_NB) != 0)
            {
                var holder = Encoding.ASCII.GetString(file.ReadToEnd()).Trim();
                file.Dispose();
                throw new StartupException(
                    $"another insulad{(holder.Length > 0 ? $" (process {holder})" : "")} is running on {path}: stop it, or choose another --root and --run");
            }

            if (unistd.ftruncate(file, 0) != 0)
            {
                throw LinuxException.FromLastError("ftruncate", Path.Combine(path, "lock"));
            }

            file.WriteAll(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
            return new DirectoryLock(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"cannot use {path}: {e.Message}", e);
        }
    }

    public void Dispose() => _file.Dispose();
}
