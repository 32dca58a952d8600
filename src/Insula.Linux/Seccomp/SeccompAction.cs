namespace Insula.Linux.Seccomp;

/// <summary>What happens to a call: the value is the filter's return value, see seccomp(2).</summary>
/// <param name="Value">SECCOMP_RET_* with its data.</param>
public readonly record struct SeccompAction(uint Value)
{
    /// <summary>The call is made.</summary>
    public static SeccompAction Allow => new(0x7fff0000);

    /// <summary>The call is made and logged.</summary>
    public static SeccompAction Log => new(0x7ffc0000);

    /// <summary>The process is killed by SIGSYS.</summary>
    public static SeccompAction KillProcess => new(0x80000000);

    /// <summary>The call fails with an errno.</summary>
    public static SeccompAction Fail(Errno errno) => new(0x00050000 | ((uint)errno & 0xffff));
}
