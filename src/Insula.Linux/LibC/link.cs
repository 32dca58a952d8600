using System.Runtime.InteropServices;

namespace Insula.Linux.LibC;

// CS1591: members bear the C names; the man pages named by the class are their documentation.
// CA1051, CS0169, CS0649: structs of the loader have public fields.
#pragma warning disable CS1591, CA1051, CS0169, CS0649

/// <summary>link.h and elf.h: dl_iterate_phdr(3), elf(5).</summary>
public static unsafe partial class link
{
    public const uint PT_LOAD = 1;
    public const uint PF_W = 2;

    [LibraryImport("libc")]
    public static partial int dl_iterate_phdr(delegate* unmanaged<dl_phdr_info*, nuint, void*, int> callback, void* data);

    /// <summary>The part that every libc has.</summary>
    public struct dl_phdr_info
    {
        public nuint dlpi_addr;
        public byte* dlpi_name;
        public Elf64_Phdr* dlpi_phdr;
        public ushort dlpi_phnum;
    }

    public struct Elf64_Phdr
    {
        public uint p_type;
        public uint p_flags;
        public ulong p_offset;
        public ulong p_vaddr;
        public ulong p_paddr;
        public ulong p_filesz;
        public ulong p_memsz;
        public ulong p_align;
    }
}
