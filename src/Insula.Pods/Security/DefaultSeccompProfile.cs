using System.Runtime.InteropServices;
using Insula.Linux;
using Insula.Linux.Seccomp;

namespace Insula.Pods.Security;

/// <summary>
/// The seccomp profile of containers that ask for <c>RuntimeDefault</c>: an allow-list. What is dangerous, or makes sense only with a
/// capability the container lacks, fails with EPERM; what is unknown fails with ENOSYS, so that a newer libc falls back to an older call.
/// </summary>
public static class DefaultSeccompProfile
{
    // CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
    private static readonly ulong[] _namespaceFlags = [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000];

    // PER_LINUX, PER_LINUX32, UNAME26, both of the latter, and the query.
    private static readonly ulong[] _personalities = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

    private const ulong AddressFamilyNetlink = 16;
    private const ulong NetlinkAudit = 9;
    private const ulong AddressFamilyAlg = 38;
    private const ulong AddressFamilyVsock = 40;
    private const int SystemAdministration = 21;

    // AUDIT_WRITE, AUDIT_CONTROL, AUDIT_READ.
    private static readonly int[] _auditing = [29, 30, 37];

    /// <summary>The profile for a container with these capabilities.</summary>
    /// <param name="capabilities">Its bounding set; bit N stands for capability number N of capabilities(7).</param>
    public static SeccompProfile For(ulong capabilities)
    {
        bool Has(int capability) => (capabilities & (1UL << capability)) != 0;
        var granted = SystemCalls.ByCapability.Where(group => Has(group.Capability)).SelectMany(group => group.Names).ToHashSet();
        var withheld = SystemCalls.ByCapability.SelectMany(group => group.Names).Where(name => !granted.Contains(name)).Distinct();

        var rules = new List<SeccompRule>
        {
            new(SeccompAction.Allow, [.. SystemCalls.Always, .. granted]),
            new(SeccompAction.Fail(Errno.EPERM), [.. SystemCalls.Never, .. withheld]),
        };
        AddSockets(rules, mayAudit: _auditing.Any(Has));
        AddPersonalities(rules);
        AddClone(rules, Has(SystemAdministration));
        return new SeccompProfile
        {
            DefaultAction = SeccompAction.Fail(Errno.ENOSYS),
            Architectures = CompatibleArchitectures(),
            Rules = rules,
        };
    }

    // Programs of the 32-bit sibling run too. x32 does not: hardly a program is built for it, and distributions leave it out.
    private static IReadOnlyList<string> CompatibleArchitectures() => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => ["x86"],
        Architecture.Arm64 => ["arm"],
        _ => [],
    };

    // vsock reaches the hypervisor past every network namespace; the kernel's cryptography is the way of CVE-2026-31431 and of
    // others before. The audit system's socket needs its capability; EINVAL is what programs take for a kernel without auditing, and
    // go on. A 32-bit program has socketcall too, whose family a filter cannot see.
    private static void AddSockets(List<SeccompRule> rules, bool mayAudit)
    {
        // Conditions on one argument do not add up in a rule, and no rule goes before another: what is allowed is said one by one.
        rules.Add(new(SeccompAction.Allow, ["socket"], [new(0, SeccompComparison.Less, AddressFamilyNetlink)]));
        rules.Add(new(SeccompAction.Allow, ["socket"], [new(0, SeccompComparison.Equal, AddressFamilyNetlink), new(2, SeccompComparison.NotEqual, NetlinkAudit)]));
        rules.Add(new(
            mayAudit ? SeccompAction.Allow : SeccompAction.Fail(Errno.EINVAL), ["socket"],
            [new(0, SeccompComparison.Equal, AddressFamilyNetlink), new(2, SeccompComparison.Equal, NetlinkAudit)]));
        for (var family = AddressFamilyNetlink + 1; family < AddressFamilyAlg; family++)
        {
            rules.Add(new(SeccompAction.Allow, ["socket"], [new(0, SeccompComparison.Equal, family)]));
        }

        rules.Add(new(SeccompAction.Allow, ["socket"], [new(0, SeccompComparison.Equal, AddressFamilyAlg + 1)]));
        rules.Add(new(SeccompAction.Allow, ["socket"], [new(0, SeccompComparison.Greater, AddressFamilyVsock)]));
        foreach (var family in (ReadOnlySpan<ulong>)[AddressFamilyAlg, AddressFamilyVsock])
        {
            rules.Add(new(SeccompAction.Fail(Errno.EPERM), ["socket"], [new(0, SeccompComparison.Equal, family)]));
        }
    }

    private static void AddPersonalities(List<SeccompRule> rules)
    {
        foreach (var personality in _personalities)
        {
            rules.Add(new(SeccompAction.Allow, ["personality"], [new(0, SeccompComparison.Equal, personality)]));
        }
    }

    private static void AddClone(List<SeccompRule> rules, bool mayMakeNamespaces)
    {
        if (mayMakeNamespaces)
        {
            rules.Add(new(SeccompAction.Allow, "clone", "clone3"));
            return;
        }

        // clone3 keeps its flags in memory, where a filter cannot look; ENOSYS makes libc use clone.
        var all = _namespaceFlags.Aggregate((sum, flag) => sum | flag);
        rules.Add(new(SeccompAction.Allow, ["clone"], [new(0, SeccompComparison.MaskedEqual, all, 0)]));
        foreach (var flag in _namespaceFlags)
        {
            rules.Add(new(SeccompAction.Fail(Errno.EPERM), ["clone"], [new(0, SeccompComparison.MaskedEqual, flag, flag)]));
        }
    }
}
