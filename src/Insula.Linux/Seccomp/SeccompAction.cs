namespace Insula.Linux.Seccomp;

/// <summary>What happens to a call: the value is the filter's return value, see seccomp(2).</summary>
/// <param name="Value">SECCOMP_RET_* with its data.</param>
public readonly record struct SeccompAction(uint Value)
{
    /// <summary>The call is made.</summary>
    public static SeccompAction Allow => new(0x7fff0000);

    /// <summary>The call is made and logged.</summary>
    public static SeccompAction Log => new(0x7ffc0000);

    /// <summary>The calling thread is killed by SIGSYS.</summary>
    public static SeccompAction KillThread => new(0);

    /// <summary>The calling thread gets a SIGSYS it can handle.</summary>
    public static SeccompAction Trap => new(0x00030000);

    /// <summary>The process is killed by SIGSYS.</summary>
    public static SeccompAction KillProcess => new(0x80000000);

    /// <summary>The call fails with an errno.</summary>
    public static SeccompAction Fail(Errno errno) => new(0x00050000 | ((uint)errno & 0xffff));

    /// <summary>A tracer is told the message; without one the call fails with ENOSYS.</summary>
    public static SeccompAction Trace(ushort message) => new(0x7ff00000 | (uint)message);

    /// <summary>Whether this is the stricter one: of two filters' answers the kernel follows it.</summary>
    public bool IsStricterThan(SeccompAction other) => (int)(Value & 0xffff0000) < (int)(other.Value & 0xffff0000);
}
