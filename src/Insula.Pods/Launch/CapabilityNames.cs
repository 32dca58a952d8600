namespace Insula.Pods.Launch;

/// <summary>Linux capabilities by name, see capabilities(7); the bit is the kernel's number.</summary>
internal static class CapabilityNames
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

    /// <summary>What container engines give by default.</summary>
    public static ulong Default { get; } = Mask(
        "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
        "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE");

    /// <summary>Everything this list knows.</summary>
    public static ulong All { get; } = (1UL << Names.Length) - 1;

    /// <summary>The bit of a name, with or without <c>CAP_</c>, in any case; 0 for an unknown one.</summary>
    public static ulong Bit(string name)
    {
        var plain = name.StartsWith("CAP_", StringComparison.OrdinalIgnoreCase) ? name[4..] : name;
        var number = Array.FindIndex(Names, n => n.Equals(plain, StringComparison.OrdinalIgnoreCase));
        return number < 0 ? 0 : 1UL << number;
    }

    /// <summary>The names in a mask.</summary>
    public static IEnumerable<string> In(ulong mask) => Names.Where((_, number) => (mask & (1UL << number)) != 0);

    private static ulong Mask(params string[] names) => names.Aggregate(0UL, (mask, name) => mask | Bit(name));
}
