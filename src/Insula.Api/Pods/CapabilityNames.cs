namespace Insula.Api.Pods;

/// <summary>Linux capabilities by name, see capabilities(7); the bit is the kernel's number.</summary>
public static class CapabilityNames
{
    private static readonly string[] Names =
    [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
        "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
        "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
        "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
        "CHECKPOINT_RESTORE",
    ];

    /// <summary>
    /// What containers have that ask for nothing: enough to own files, change user and listen on low ports. As podman and
    /// CRI-O have it; Docker and containerd add AUDIT_WRITE, MKNOD and NET_RAW.
    /// </summary>
    public static ulong Default { get; } = Mask(
        "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT");

    /// <summary>Everything this list knows.</summary>
    public static ulong All { get; } = (1UL << Names.Length) - 1;

    /// <summary>The bit of a name as Kubernetes writes it, without <c>CAP_</c> and in capitals; 0 for an unknown one.</summary>
    public static ulong Bit(string name)
    {
        var number = Array.IndexOf(Names, name);
        return number < 0 ? 0 : 1UL << number;
    }

    /// <summary>The names in a mask, in the order of the bits.</summary>
    public static IEnumerable<string> In(ulong mask) => Names.Where((_, number) => (mask & (1UL << number)) != 0);

    /// <summary>The mask of a list of names, separated by commas; empty for none.</summary>
    /// <exception cref="FormatException">A name is unknown; the message says which, and what may have been meant.</exception>
    public static ulong Parse(string names)
    {
        var mask = 0UL;
        foreach (var name in (names ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            mask |= Bit(name) is var bit and not 0 ? bit : throw new FormatException($"\"{name}\": {Complaint(name)}");
        }

        return mask;
    }

    /// <summary>What to say of a name that is none.</summary>
    internal static string Complaint(string name)
    {
        var bare = name.ToUpperInvariant();
        bare = bare.StartsWith("CAP_", StringComparison.Ordinal) ? bare[4..] : bare;
        return Bit(bare) != 0 ? $"write it as {bare}" : "no such capability; capabilities(7) lists them, write them without CAP_";
    }

    private static ulong Mask(params string[] names) => names.Aggregate(0UL, (mask, name) => mask | Bit(name));
}
