using Insula.Linux.LibC;

namespace Insula.Linux.Memory;

/// <summary>Anonymous files whose content can no longer change, see memfd_create(2) and fcntl(2) on seals.</summary>
public static class SealedMemFd
{
    /// <summary>A memfd holding the bytes, sealed against writing, growing, shrinking and further seals; its position is at the start.</summary>
    /// <param name="name">Shown in /proc/PID/fd; has no other meaning.</param>
    /// <param name="bytes">The content.</param>
    public static Descriptor Create(string name, ReadOnlySpan<byte> bytes)
    {
        var memory = Descriptor.FromResult(
            sys_mman.memfd_create(name, sys_mman.MFD_CLOEXEC | sys_mman.MFD_ALLOW_SEALING), "memfd_create", name);
        try
        {
            memory.WriteAll(bytes, name);
            if (unistd.lseek(memory, 0, 0) < 0)
            {
                throw LinuxException.FromLastError("lseek", name);
            }

            const nint Seals = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL;
            if (fcntl.fcntl_(memory, fcntl.F_ADD_SEALS, Seals) != 0)
            {
                throw LinuxException.FromLastError("fcntl F_ADD_SEALS", name);
            }

            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }
}
