namespace Insula.Linux.SecurityModules;

/// <summary>SELinux: whether it is on, and what its policy says of containers. See selinux(8).</summary>
public interface ISELinux
{
    /// <summary>Whether the kernel has SELinux on, enforcing or permissive.</summary>
    bool IsEnabled { get; }

    /// <summary>Whether what the policy forbids is refused, and not only noted.</summary>
    /// <exception cref="IOException">The kernel's file cannot be read.</exception>
    bool IsEnforcing { get; }

    /// <summary>What the policy has for containers (its file <c>contexts/lxc_contexts</c>).</summary>
    /// <exception cref="NotSupportedException">It has nothing; the message says where that was looked for.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    SELinuxContainerContexts ContainerContexts();

    /// <summary>Whether the loaded policy knows a context.</summary>
    /// <param name="context">The context.</param>
    /// <exception cref="LinuxException">The kernel cannot be asked.</exception>
    bool Knows(SELinuxContext context);
}
