using System.Runtime.InteropServices;

namespace Insula.Linux.LibC;

// CS1591: members bear the C names; the man pages named by the class are their documentation.
// CA1051: structs of the kernel have public fields.
#pragma warning disable CS1591, CA1051

/// <summary>linux/bpf.h: bpf(2), as far as device filters need it.</summary>
public static unsafe class linux_bpf
{
    public const int BPF_PROG_LOAD = 5;
    public const int BPF_PROG_ATTACH = 8;
    public const uint BPF_PROG_TYPE_CGROUP_DEVICE = 15;
    public const uint BPF_CGROUP_DEVICE = 6;

    public const byte BPF_LDX_MEM_W = 0x61;
    public const byte BPF_ALU64_MOV_K = 0xb7;
    public const byte BPF_ALU64_MOV_X = 0xbf;
    public const byte BPF_ALU64_AND_K = 0x57;
    public const byte BPF_ALU64_RSH_K = 0x77;
    public const byte BPF_JMP_JNE_K = 0x55;
    public const byte BPF_JMP_EXIT = 0x95;

    public const int BPF_DEVCG_DEV_BLOCK = 1;
    public const int BPF_DEVCG_DEV_CHAR = 2;
    public const int BPF_DEVCG_ACC_MKNOD = 1;
    public const int BPF_DEVCG_ACC_READ = 2;
    public const int BPF_DEVCG_ACC_WRITE = 4;

    public static int bpf(int command, bpf_attr* attributes) =>
        (int)sys_syscall.syscall_bpf(sys_syscall.SYS_bpf, command, attributes, (nuint)sizeof(bpf_attr));

    /// <summary>struct bpf_insn.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct bpf_insn
    {
        public byte code;
        public byte registers;
        public short off;
        public int imm;

        public bpf_insn(byte code, int destination, int source, short off, int imm)
        {
            this.code = code;
            registers = (byte)((source << 4) | destination);
            this.off = off;
            this.imm = imm;
        }
    }

    /// <summary>union bpf_attr, cut off after what is used here.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 48)]
    public struct bpf_attr
    {
        [FieldOffset(0)]
        public uint prog_type;

        [FieldOffset(4)]
        public uint insn_cnt;

        [FieldOffset(8)]
        public ulong insns;

        [FieldOffset(16)]
        public ulong license;

        [FieldOffset(0)]
        public uint target_fd;

        [FieldOffset(4)]
        public uint attach_bpf_fd;

        [FieldOffset(8)]
        public uint attach_type;

        [FieldOffset(12)]
        public uint attach_flags;
    }
}
