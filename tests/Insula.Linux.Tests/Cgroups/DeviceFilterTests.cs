using Insula.Linux.Cgroups;
using Insula.Linux.LibC;

namespace Insula.Linux.Tests.Cgroups;

public sealed class DeviceFilterTests
{
    private const int Mknod = linux_bpf.BPF_DEVCG_ACC_MKNOD;
    private const int Read = linux_bpf.BPF_DEVCG_ACC_READ;
    private const int Write = linux_bpf.BPF_DEVCG_ACC_WRITE;
    private const int Character = linux_bpf.BPF_DEVCG_DEV_CHAR;
    private const int Block = linux_bpf.BPF_DEVCG_DEV_BLOCK;

    [Theory]
    [InlineData(Character, 1, 3, Read | Write, true)]
    [InlineData(Character, 1, 1, Read, false)]
    [InlineData(Character, 1, 3, Read | Write | Mknod, true)]
    [InlineData(Character, 136, 77, Read | Write, true)]
    [InlineData(Character, 10, 200, Read, false)]
    [InlineData(Character, 10, 200, Mknod, true)]
    [InlineData(Character, 10, 200, Mknod | Read, false)]
    [InlineData(Block, 1, 3, Read, false)]
    [InlineData(Block, 8, 0, Write, false)]
    [InlineData(Block, 8, 0, Mknod, true)]
    public void The_default_list_decides_so(int type, int major, int minor, int access, bool allowed) =>
        Assert.Equal(allowed, Run(DeviceFilter.Build(DeviceFilter.Defaults), type, major, minor, access));

    [Fact]
    public void A_rule_for_everything_ends_the_program()
    {
        var program = DeviceFilter.Build([.. DeviceFilter.Defaults, .. DeviceFilter.All, .. DeviceFilter.Defaults]);
        Assert.True(Run(program, Block, 8, 0, Read | Write | Mknod));
        Assert.Equal(linux_bpf.BPF_JMP_EXIT, program[^1].code);
        Assert.Equal(1, program[^2].imm);
    }

    [Fact]
    public void An_empty_list_allows_nothing() => Assert.False(Run(DeviceFilter.Build([]), Character, 1, 3, Read));

    [Theory]
    [InlineData('x', "rwm")]
    [InlineData('c', "")]
    [InlineData('c', "rx")]
    public void Nonsense_is_refused(char type, string access) =>
        Assert.Throws<ArgumentException>(() => DeviceFilter.Build([new DeviceRule(type, 1, 1, access)]));

    [Fact]
    public void V1_lines_have_stars_for_any()
    {
        Assert.Equal("c 136:* rw", DeviceFilter.ToV1(new DeviceRule('c', 136, null, "rw")));
        Assert.Equal("a *:* rwm", DeviceFilter.ToV1(DeviceFilter.All[0]));
    }

    // Interprets the few instructions the filter consists of.
    private static bool Run(linux_bpf.bpf_insn[] program, int type, int major, int minor, int access)
    {
        var context = new long[] { (uint)((access << 16) | type), major, minor };
        var registers = new long[11];
        for (var i = 0; ; i++)
        {
            var (code, to, from, value) = (program[i].code, program[i].registers & 15, program[i].registers >> 4, program[i].imm);
            switch (code)
            {
                case linux_bpf.BPF_LDX_MEM_W: registers[to] = context[program[i].off / 4]; break;
                case linux_bpf.BPF_ALU64_MOV_K: registers[to] = value; break;
                case linux_bpf.BPF_ALU64_MOV_X: registers[to] = registers[from]; break;
                case linux_bpf.BPF_ALU64_AND_K: registers[to] &= value; break;
                case linux_bpf.BPF_ALU64_RSH_K: registers[to] = (long)((ulong)registers[to] >> value); break;
                case linux_bpf.BPF_JMP_JNE_K: i += registers[to] != value ? program[i].off : 0; break;
                case linux_bpf.BPF_JMP_EXIT: return registers[0] != 0;
                default: throw new InvalidOperationException($"instruction {code:x}");
            }
        }
    }
}
