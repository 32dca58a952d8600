using System.Runtime.InteropServices;
using System.Text;
using Insula.Linux.LibC;

namespace Insula.Linux.Files;

/// <summary>Lists a directory by descriptor: getdents64(2).</summary>
public static unsafe class DirectoryReader
{
    /// <summary>DT_UNKNOWN of readdir(3): the file system does not say.</summary>
    public const byte TypeUnknown = 0;

    /// <summary>DT_DIR of readdir(3).</summary>
    public const byte TypeDirectory = 4;

    private const int PositionOffset = 8;
    private const int LengthOffset = 16;
    private const int TypeOffset = 18;
    private const int NameOffset = 19;
    private const int BufferSize = 8192;

    /// <summary>
    /// The entries from the beginning, without <c>.</c> and <c>..</c>, with their DT_ type (0 where the file system does not say).
    /// For directories of ours or the kernel's, whose names are text.
    /// </summary>
    /// <param name="directory">A directory opened for reading.</param>
    /// <exception cref="LinuxException">It cannot be read.</exception>
    public static IReadOnlyList<(string Name, byte Type)> Read(Descriptor directory) =>
        [.. ReadRaw(directory).Select(entry => (Encoding.UTF8.GetString(entry.Name.AsSpan(..^1)), entry.Type))];

    /// <summary>The same with names as NUL-terminated bytes: those in a rootfs need not be text.</summary>
    /// <inheritdoc cref="Read"/>
    public static IReadOnlyList<(byte[] Name, byte Type)> ReadRaw(Descriptor directory)
    {
        var result = new List<(byte[], byte)>();
        Seek(directory, 0);
        while (ReadOn(directory, result) is not null)
        {
        }

        return result;
    }

    /// <summary>Some hundred of the entries: for directories whose size is somebody else's choice.</summary>
    /// <param name="directory">A directory opened for reading.</param>
    /// <param name="position">Where to go on, 0 for the beginning; good for any descriptor of the same directory.</param>
    /// <param name="entries">Takes the entries; with <c>.</c> and <c>..</c> alone nothing is added.</param>
    /// <returns>False at the end.</returns>
    public static bool ReadSome(Descriptor directory, ref long position, ICollection<(byte[] Name, byte Type)> entries)
    {
        Seek(directory, position);
        if (ReadOn(directory, entries) is not { } next)
        {
            return false;
        }

        position = next;
        return true;
    }

    private static void Seek(Descriptor directory, long position)
    {
        if (unistd.lseek(directory, (nint)position, 0) < 0)
        {
            throw LinuxException.FromLastError("lseek", "directory");
        }
    }

    // Where the next ones are; null at the end.
    private static long? ReadOn(Descriptor directory, ICollection<(byte[] Name, byte Type)> entries)
    {
        var buffer = stackalloc byte[BufferSize];
        var count = (int)sys_syscall.syscall_getdents64(sys_syscall.SYS_getdents64, directory, buffer, BufferSize);
        if (count < 0)
        {
            throw LinuxException.FromLastError("getdents64");
        }

        long? position = null;
        for (var offset = 0; offset < count; offset += *(ushort*)(buffer + offset + LengthOffset))
        {
            position = *(long*)(buffer + offset + PositionOffset);
            var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(buffer + offset + NameOffset);
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
            {
                byte[] terminated = [.. name, 0];
                entries.Add((terminated, buffer[offset + TypeOffset]));
            }
        }

        return position;
    }
}
