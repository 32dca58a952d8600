using Insula.Linux;
using Insula.Linux.Seccomp;
using Insula.Pods.Security;
using Insula.Tests.Shared;

namespace Insula.Pods.Tests.Security;

/// <summary>The profile as the kernel would run it on x86-64: call numbers are that architecture's.</summary>
public sealed class DefaultSeccompProfileTests
{
    private const uint Native = 0xC000003E;
    private const uint X86 = 0x40000003;

    // What the usual set of containers holds: CHOWN … SETFCAP, with SYS_CHROOT (18) and MKNOD, without SYS_ADMIN.
    private const ulong UsualCapabilities = 0xa80425fb;
    private const ulong SysAdmin = 1UL << 21;

    private static readonly uint _allow = SeccompAction.Allow.Value;
    private static readonly uint _refuse = SeccompAction.Fail(Errno.EPERM).Value;
    private static readonly uint _unknown = SeccompAction.Fail(Errno.ENOSYS).Value;

    private static readonly SeccompCompiler _compiler = new();

    // The kernel compiles it for each container and each command that is run in one; by single calls it has a thousand instructions.
    [Fact]
    public void It_is_short() => Assert.InRange(_compiler.Compile(DefaultSeccompProfile.For(UsualCapabilities)).Instructions.Length / 8, 100, 400);

    [Theory]
    [InlineData(0)]     // read
    [InlineData(59)]    // execve
    [InlineData(101)]   // ptrace
    [InlineData(161)]   // chroot, by SYS_CHROOT
    [InlineData(202)]   // futex
    [InlineData(257)]   // openat
    [InlineData(317)]   // seccomp
    [InlineData(452)]   // fchmodat2
    public void Usual_calls_are_allowed(int call) => Assert.Equal(_allow, Run(UsualCapabilities, call));

    [Theory]
    [InlineData(155)]   // pivot_root
    [InlineData(165)]   // mount
    [InlineData(166)]   // umount2
    [InlineData(169)]   // reboot
    [InlineData(175)]   // init_module
    [InlineData(246)]   // kexec_load
    [InlineData(248)]   // add_key
    [InlineData(250)]   // keyctl
    [InlineData(272)]   // unshare
    [InlineData(298)]   // perf_event_open
    [InlineData(304)]   // open_by_handle_at
    [InlineData(308)]   // setns
    [InlineData(310)]   // process_vm_readv
    [InlineData(311)]   // process_vm_writev
    [InlineData(312)]   // kcmp
    [InlineData(321)]   // bpf
    [InlineData(323)]   // userfaultfd
    [InlineData(425)]   // io_uring_setup
    [InlineData(428)]   // open_tree
    [InlineData(429)]   // move_mount
    [InlineData(430)]   // fsopen
    [InlineData(442)]   // mount_setattr
    public void Dangerous_calls_are_refused(int call) => Assert.Equal(_refuse, Run(UsualCapabilities, call));

    [Theory]
    [InlineData(0x11ul, true)]
    [InlineData(0x3d0f00ul, true)]
    [InlineData(0x20000ul, false)]
    [InlineData(0x2000000ul, false)]
    [InlineData(0x4000000ul, false)]
    [InlineData(0x8000000ul, false)]
    [InlineData(0x10000000ul, false)]
    [InlineData(0x20000000ul, false)]
    [InlineData(0x40000000ul, false)]
    [InlineData(0x7e020011ul, false)]
    [InlineData(0x10000011ul, false)]
    public void Clone_makes_processes_but_no_namespaces(ulong flags, bool allowed)
    {
        Assert.Equal(allowed ? _allow : _refuse, Run(UsualCapabilities, 56, flags));
        Assert.Equal(_allow, Run(UsualCapabilities | SysAdmin, 56, flags));
        Assert.Equal(allowed ? _allow : _refuse, Run(UsualCapabilities, 120, X86, flags));
    }

    [Fact]
    public void Clone3_and_calls_of_the_future_do_not_exist()
    {
        Assert.Equal(_unknown, Run(UsualCapabilities, 435));
        Assert.Equal(_unknown, Run(UsualCapabilities, 2000));
        Assert.Equal(_allow, Run(UsualCapabilities | SysAdmin, 435));
        Assert.Equal(_allow, Run(SysAdmin, 165));
    }

    [Fact]
    public void Capabilities_open_their_calls_and_only_those()
    {
        Assert.Equal(_refuse, Run(0, 161));
        Assert.Equal(_allow, Run(1UL << 16, 175));
        Assert.Equal(_allow, Run(1UL << 19, 310));
        Assert.Equal(_refuse, Run(1UL << 16, 165));
        Assert.Equal(_allow, Run(1UL << 39, 321));
        Assert.Equal(_allow, Run(1UL << 34, 103));
        Assert.All(new[] { 250, 425, 246, 155 }, call => Assert.Equal(_refuse, Run(ulong.MaxValue, call)));
    }

    [Theory]
    [InlineData(1ul, true)]
    [InlineData(2ul, true)]
    [InlineData(16ul, true)]
    [InlineData(37ul, true)]
    [InlineData(38ul, false)]
    [InlineData(39ul, true)]
    [InlineData(40ul, false)]
    [InlineData(44ul, true)]
    public void Sockets_are_allowed_but_to_the_hypervisor_and_to_the_kernel_s_cryptography(ulong family, bool allowed) =>
        Assert.Equal(allowed ? _allow : _refuse, Run(UsualCapabilities, 41, family));

    [Fact]
    public void The_audit_system_s_socket_needs_its_capability()
    {
        const ulong Netlink = 16, Audit = 9;
        Assert.Equal(SeccompAction.Fail(Errno.EINVAL).Value, Run(0, 41, Netlink, third: Audit));
        Assert.All(new[] { 29, 30, 37 }, capability => Assert.Equal(_allow, Run(1UL << capability, 41, Netlink, third: Audit)));
        Assert.All(new ulong[] { 0, 8, 10 }, protocol => Assert.Equal(_allow, Run(0, 41, Netlink, third: protocol)));
        Assert.Equal(_allow, Run(0, 41, 2ul, third: Audit));
    }

    [Theory]
    [InlineData(0ul, true)]
    [InlineData(8ul, true)]
    [InlineData(0xfffffffful, true)]
    [InlineData(0x40000ul, false)]
    public void Personalities_are_listed(ulong persona, bool allowed) =>
        Assert.Equal(allowed ? _allow : _unknown, Run(UsualCapabilities, 135, persona));

    [Fact]
    public void Calls_of_x32_and_of_strange_architectures_kill()
    {
        Assert.Equal(SeccompAction.KillProcess.Value, Run(UsualCapabilities, 0x40000000));
        Assert.Equal(SeccompAction.KillProcess.Value, Run(UsualCapabilities, 0, architecture: 0x40000028));
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(UsualCapabilities)]
    [InlineData(ulong.MaxValue)]
    public void No_call_is_both_allowed_and_refused_without_conditions(ulong capabilities)
    {
        var rules = DefaultSeccompProfile.For(capabilities).Rules.Where(rule => rule.Arguments.Count == 0).ToArray();
        var allowed = rules.Where(rule => rule.Action == SeccompAction.Allow).SelectMany(rule => rule.Names).ToArray();
        var refused = rules.Where(rule => rule.Action != SeccompAction.Allow).SelectMany(rule => rule.Names).ToArray();
        Assert.NotEmpty(refused);
        Assert.Empty(allowed.Intersect(refused));
    }

    private static uint Run(ulong capabilities, int call, ulong argument = 0, ulong third = 0) => Run(capabilities, call, Native, argument, third);

    private static uint Run(ulong capabilities, int call, uint architecture, ulong argument = 0, ulong third = 0) =>
        FilterInterpreter.Run(_compiler.Compile(DefaultSeccompProfile.For(capabilities)).Instructions.ToArray(), architecture, call, argument, 0, third);
}
