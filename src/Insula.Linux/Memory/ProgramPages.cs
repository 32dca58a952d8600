using System.Runtime.InteropServices;
using Insula.Linux.LibC;

namespace Insula.Linux.Memory;

/// <summary>The pages of this program and its libraries that are only read: code and constants.</summary>
public static unsafe class ProgramPages
{
    private const int MostParts = 512;

    // pagemap.rst of the kernel: in memory, and of a file rather than a changed copy.
    private const ulong IsPresent = 1UL << 63;
    private const ulong IsOfFile = 1UL << 61;

    /// <summary>
    /// Takes them out of this process' memory (<c>MADV_DONTNEED</c>). They stay in the page cache as long as the machine has room, and come back with the next access, some at a time, so that in
    /// the end there are those that are in use. A page that was changed stays: the runtime keeps the cookie that guards stacks among the constants. So nobody may change one meanwhile.
    /// </summary>
    public static void Release()
    {
        var ends = stackalloc nuint[2 * MostParts];
        var parts = new Parts { Ends = ends };
        _ = link.dl_iterate_phdr(&Find, &parts);
        using var pages = File.OpenHandle("/proc/self/pagemap");
        for (var i = 0; i < parts.Count; i++)
        {
            Release(pages, ends[2 * i], ends[(2 * i) + 1]);
        }
    }

    private static void Release(Microsoft.Win32.SafeHandles.SafeFileHandle pages, nuint start, nuint end)
    {
        var size = (nuint)Environment.SystemPageSize;
        Span<ulong> entries = stackalloc ulong[512];
        while (start < end)
        {
            var some = entries[..(int)Math.Min((end - start) / size, (nuint)entries.Length)];
            if (RandomAccess.Read(pages, MemoryMarshal.AsBytes(some), (long)(start / size * sizeof(ulong))) != some.Length * sizeof(ulong))
            {
                return;
            }

            for (var i = 0; i < some.Length; i++)
            {
                var first = i;
                while (i < some.Length && (some[i] & IsPresent) != 0 && (some[i] & IsOfFile) != 0)
                {
                    i++;
                }

                if (i > first)
                {
                    // Refused, they stay.
                    _ = sys_mman.madvise((void*)(start + ((nuint)first * size)), (nuint)(i - first) * size, sys_mman.MADV_DONTNEED);
                }
            }

            start += (nuint)some.Length * size;
        }
    }

    [UnmanagedCallersOnly]
    private static int Find(link.dl_phdr_info* file, nuint size, void* found)
    {
        var parts = (Parts*)found;
        var page = (nuint)Environment.SystemPageSize;
        for (var i = 0; i < file->dlpi_phnum && parts->Count < MostParts; i++)
        {
            ref readonly var part = ref file->dlpi_phdr[i];
            if (part.p_type == link.PT_LOAD && (part.p_flags & link.PF_W) == 0)
            {
                parts->Ends[2 * parts->Count] = (file->dlpi_addr + (nuint)part.p_vaddr) & ~(page - 1);
                parts->Ends[(2 * parts->Count++) + 1] = (file->dlpi_addr + (nuint)(part.p_vaddr + part.p_memsz) + page - 1) & ~(page - 1);
            }
        }

        return 0;
    }

    private struct Parts
    {
        public nuint* Ends;
        public int Count;
    }
}
