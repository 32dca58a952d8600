using System.Runtime.InteropServices;
using Insula.Linux.LibC;
using Insula.Linux.Processes;
using static Insula.Linux.LibC.linux_bpf;

namespace Insula.Linux.Cgroups;

/// <summary>Device allow-lists of containers: a BPF_PROG_TYPE_CGROUP_DEVICE program attached to a cgroup2 directory.</summary>
public static unsafe class DeviceFilter
{
    private const int AllAccess = BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE;

    // Registers of the program: r1 comes in as the context and then serves as scratch.
    private const int Result = 0;
    private const int Scratch = 1;
    private const int Type = 2;
    private const int Access = 3;
    private const int Major = 4;
    private const int Minor = 5;

    /// <summary>What every container may use: null, zero, full, random, urandom, tty, ptmx, pts, and mknod of anything (opening stays denied).</summary>
    public static IReadOnlyList<DeviceRule> Defaults { get; } =
    [
        new('c', 1, 3, "rwm"), new('c', 1, 5, "rwm"), new('c', 1, 7, "rwm"), new('c', 1, 8, "rwm"), new('c', 1, 9, "rwm"),
        new('c', 5, 0, "rwm"), new('c', 5, 2, "rwm"), new('c', 136, null, "rwm"), new('c', null, null, "m"), new('b', null, null, "m"),
    ];

    /// <summary>Everything, for privileged containers.</summary>
    public static IReadOnlyList<DeviceRule> All { get; } = [new('a', null, null, "rwm")];

    // Most containers have this one, and to check a program takes the kernel longer than all the rest of a group's making. A failure is not kept.
    private static readonly Lazy<Descriptor> s_defaults = new(() => Load(Build(Defaults)), LazyThreadSafetyMode.PublicationOnly);

    /// <summary>Allows exactly these devices in the group and below it, replacing an earlier list of ours.</summary>
    /// <param name="unifiedDirectory">The group's cgroup2 directory.</param>
    /// <param name="rules">What is allowed; everything else is EPERM.</param>
    /// <exception cref="LinuxException">The kernel refuses the program or its attachment.</exception>
    public static void Attach(Descriptor unifiedDirectory, IReadOnlyList<DeviceRule> rules)
    {
        using var own = ReferenceEquals(rules, Defaults) ? null : Load(Build(rules));
        var program = own ?? s_defaults.Value;

        // Without flags a second attachment takes the first one's place in one step. The group then holds the program.
        var attach = new bpf_attr
        {
            target_fd = (uint)unifiedDirectory.Value,
            attach_bpf_fd = (uint)program.Value,
            attach_type = BPF_CGROUP_DEVICE,
        };
        if (bpf(BPF_PROG_ATTACH, &attach) != 0)
        {
            throw LinuxException.FromLastError("bpf BPF_PROG_ATTACH", "device filter");
        }

        GC.KeepAlive(unifiedDirectory);
    }

    /// <summary>The program: rules in order, each jumping to the next when it does not match, and a refusal at the end.</summary>
    internal static bpf_insn[] Build(IReadOnlyList<DeviceRule> rules)
    {
        // struct bpf_cgroup_dev_ctx: access << 16 | type, major, minor.
        var program = new List<bpf_insn>
        {
            new(BPF_LDX_MEM_W, Type, Scratch, 0, 0),
            new(BPF_ALU64_MOV_X, Access, Type, 0, 0),
            new(BPF_ALU64_AND_K, Type, 0, 0, 0xffff),
            new(BPF_ALU64_RSH_K, Access, 0, 0, 16),
            new(BPF_LDX_MEM_W, Major, Scratch, 4, 0),
            new(BPF_LDX_MEM_W, Minor, Scratch, 8, 0),
        };
        foreach (var rule in rules)
        {
            var body = BuildRule(rule);
            program.AddRange(body);
            if (!body.Exists(instruction => instruction.code == BPF_JMP_JNE_K))
            {
                // It allows everything, and the verifier refuses instructions that nothing reaches.
                return [.. program];
            }
        }

        program.Add(new(BPF_ALU64_MOV_K, Result, 0, 0, 0));
        program.Add(new(BPF_JMP_EXIT, 0, 0, 0, 0));
        return [.. program];
    }

    /// <summary>The rule as a line of devices.allow.</summary>
    internal static string ToV1(DeviceRule rule) => $"{rule.Type} {Number(rule.Major)}:{Number(rule.Minor)} {rule.Access}";

    private static string Number(uint? number) => number is { } value ? $"{value}" : "*";

    private static List<bpf_insn> BuildRule(DeviceRule rule)
    {
        var body = new List<bpf_insn>();
        var jumps = new List<int>();
        void RequireEqual(int register, int value)
        {
            jumps.Add(body.Count);
            body.Add(new(BPF_JMP_JNE_K, register, 0, 0, value));
        }

        if (rule.Type != 'a')
        {
            RequireEqual(Type, rule.Type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
        }

        if (AccessMask(rule) is var mask && mask != AllAccess)
        {
            // What is asked for beyond what is allowed must be nothing.
            body.Add(new(BPF_ALU64_MOV_X, Scratch, Access, 0, 0));
            body.Add(new(BPF_ALU64_AND_K, Scratch, 0, 0, AllAccess & ~mask));
            RequireEqual(Scratch, 0);
        }

        if (rule.Major is { } major)
        {
            RequireEqual(Major, checked((int)major));
        }

        if (rule.Minor is { } minor)
        {
            RequireEqual(Minor, checked((int)minor));
        }

        body.Add(new(BPF_ALU64_MOV_K, Result, 0, 0, 1));
        body.Add(new(BPF_JMP_EXIT, 0, 0, 0, 0));
        foreach (var jump in jumps)
        {
            body[jump] = body[jump] with { off = (short)(body.Count - jump - 1) };
        }

        return body;
    }

    private static int AccessMask(DeviceRule rule)
    {
        if (rule.Type is not ('a' or 'b' or 'c') || rule.Access.Length == 0)
        {
            throw new ArgumentException($"Not a rule for devices: {rule}", nameof(rule));
        }

        var mask = 0;
        foreach (var letter in rule.Access)
        {
            mask |= letter switch
            {
                'r' => BPF_DEVCG_ACC_READ,
                'w' => BPF_DEVCG_ACC_WRITE,
                'm' => BPF_DEVCG_ACC_MKNOD,
                _ => throw new ArgumentException($"Access to a device is out of 'rwm', not '{letter}'.", nameof(rule)),
            };
        }

        return mask;
    }

    internal static Descriptor Load(bpf_insn[] program)
    {
        fixed (bpf_insn* instructions = program)
        fixed (byte* license = "Apache-2.0\0"u8)
        {
            var load = new bpf_attr
            {
                prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
                insn_cnt = (uint)program.Length,
                insns = (ulong)instructions,
                license = (ulong)license,
            };

            // The kernel gives up checking a program (EAGAIN) when its thread has a signal to handle, and children that end send some.
            using var quiet = new BlockedSignals();
            return Descriptor.FromResult(bpf(BPF_PROG_LOAD, &load), "bpf BPF_PROG_LOAD", "device filter");
        }
    }
}
