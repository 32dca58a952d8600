using System.Net.Sockets;
using Insula.Linux;
using Insula.Linux.LibC;
using Mono.Unix.Native;

namespace Insulad.Hosting;

/// <summary>
/// A listening Unix socket with an exact mode and group, under a path of any length: it is bound through a descriptor
/// of its directory, since an address holds 108 bytes.
/// </summary>
internal sealed class ApiSocket : IDisposable
{
    private readonly Descriptor _directory;

    private ApiSocket(string path, Descriptor directory, Socket socket)
    {
        Path = path;
        _directory = directory;
        Socket = socket;
    }

    /// <summary>The path as the operator named it.</summary>
    public string Path { get; }

    /// <summary>The bound socket; it listens once Kestrel starts.</summary>
    public Socket Socket { get; }

    /// <summary>Binds the socket. Nobody can connect before it listens, so mode and group are in force first.</summary>
    /// <exception cref="StartupException">The path is in use, or cannot be used.</exception>
    public static ApiSocket Bind(string path, FilePermissions mode, uint? group)
    {
        var name = System.IO.Path.GetFileName(path);
        if (name.Length is 0 or > 80)
        {
            throw new StartupException($"{path}: the socket's file name must have 1 to 80 characters");
        }

        Descriptor? directory = null;
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            var parent = System.IO.Path.GetDirectoryName(path)!;
            Directory.CreateDirectory(parent);
            directory = Descriptor.Open(parent, fcntl.O_PATH | fcntl.O_DIRECTORY);
            var address = $"{directory.ProcPath}/{name}";
            RemoveStale(path, address);
            socket.Bind(new UnixDomainSocketEndPoint(address));
            Check(Syscall.chmod(address, mode), "chmod", path);
            if (group is { } gid)
            {
                Check(Syscall.lchown(address, uint.MaxValue, gid), "chown", path);
            }

            return new ApiSocket(path, directory, socket);
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
        {
            socket.Dispose();
            directory?.Dispose();
            throw new StartupException($"cannot listen on {path}: {e.Message}", e);
        }
        catch
        {
            socket.Dispose();
            directory?.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        // Closing the socket removes its file, by way of the directory's descriptor.
        Socket.Dispose();
        _directory.Dispose();
    }

    private static void RemoveStale(string path, string address)
    {
        if (Syscall.lstat(address, out var stat) != 0)
        {
            return;
        }

        if ((stat.st_mode & FilePermissions.S_IFMT) != FilePermissions.S_IFSOCK)
        {
            throw new StartupException($"{path} exists and is not a socket: remove it, or choose another --socket");
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(address));
        }
        catch (SocketException)
        {
            File.Delete(address);
            return;
        }

        throw new StartupException($"somebody else is serving on {path}: stop it, or choose another --socket");
    }

    private static void Check(int result, string operation, string path)
    {
        if (result != 0)
        {
            throw new LinuxException(operation, path, (int)Stdlib.GetLastError());
        }
    }
}
