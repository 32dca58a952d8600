using System.Diagnostics;
using System.Globalization;
using System.Text;
using Insula.Linux;
using Insula.Linux.LibC;
using Mono.Unix.Native;

namespace Insulad.Hosting;

/// <summary>
/// Makes a directory this daemon's alone while it lives: flock(2) on <c>lock</c> in it. The kernel lets go of it with
/// the process, however that ends; the pid in the file is only for people.
/// </summary>
internal sealed class DirectoryLock : IDisposable
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(10);

    private readonly Descriptor _file;

    private DirectoryLock(Descriptor file) => _file = file;

    /// <summary>Makes the directory when missing, closes it to others when it is more open than that, and locks it.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="mode">Its mode when made, and the most that others may do with it.</param>
    /// <exception cref="StartupException">Another daemon holds it, it is somebody else's, or it cannot be made.</exception>
    public static DirectoryLock Acquire(string path, UnixFileMode mode)
    {
        try
        {
            Directory.CreateDirectory(path, mode);
            CloseToOthers(path, mode);
            var file = Descriptor.Open(Path.Combine(path, "lock"), fcntl.O_RDWR | fcntl.O_CREAT | fcntl.O_NOFOLLOW, 0b110_000_000);
            if (!TryLock(file, out var holder))
            {
                file.Dispose();
                throw new StartupException(
                    $"another insulad{(holder.Length > 0 ? $" (process {holder})" : "")} is running on {path}: stop it, or choose another --root and --run");
            }

            if (unistd.ftruncate(file, 0) != 0)
            {
                throw LinuxException.FromLastError("ftruncate", Path.Combine(path, "lock"));
            }

            _ = unistd.lseek(file, 0, 0);
            file.WriteAll(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
            return new DirectoryLock(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"cannot use {path}: {e.Message}", e);
        }
    }

    public void Dispose() => _file.Dispose();

    private static bool TryLock(Descriptor file, out string holder)
    {
        var clock = Stopwatch.StartNew();
        while (sys_file.flock(file, sys_file.LOCK_EX | sys_file.LOCK_NB) != 0)
        {
            holder = unistd.lseek(file, 0, 0) == 0 ? Encoding.ASCII.GetString(file.ReadToEnd()).Trim() : throw LinuxException.FromLastError("lseek", "lock");
            if (clock.Elapsed > s_patience || !int.TryParse(holder, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) || Directory.Exists($"/proc/{pid}"))
            {
                return false;
            }

            // It was killed, and what it was about to start has its descriptors until it is another program.
            Thread.Sleep(s_interval);
        }

        holder = "";
        return true;
    }

    /// <summary>
    /// What is unpacked below has set-user-id programs and secrets. A directory with other things in it (/var/lib, /tmp) was
    /// named by mistake and is not to be closed to those who need it.
    /// </summary>
    private static void CloseToOthers(string path, UnixFileMode mode)
    {
        if (Syscall.stat(path, out var stat) == 0 && stat.st_uid != Syscall.geteuid())
        {
            throw new StartupException($"{path} belongs to user {stat.st_uid}, who could replace what is in it: `chown root {path}`, or choose another directory");
        }

        if ((File.GetUnixFileMode(path) & ~mode & Others) == 0)
        {
            return;
        }

        if (!File.Exists(Path.Combine(path, "lock")) && Directory.EnumerateFileSystemEntries(path).Any())
        {
            throw new StartupException($"{path} is open to other users and holds other things: choose a directory for the daemon alone, or `chmod 700` it");
        }

        File.SetUnixFileMode(path, mode);
    }
}
