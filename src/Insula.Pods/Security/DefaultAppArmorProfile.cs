namespace Insula.Pods.Security;

/// <summary>
/// The AppArmor profile of containers that ask for <c>RuntimeDefault</c>, or for nothing on a machine that has AppArmor. It lets a
/// program do what its credentials and its mounts let it, but for what leads out of a container once one of these has failed.
/// </summary>
internal static class DefaultAppArmorProfile
{
    /// <summary>Its name in the kernel, the same for all daemons of a machine.</summary>
    public const string Name = "insula-default";

    /// <summary>The profile, without includes: what a distribution ships of them differs.</summary>
    public const string Text =
        $$"""
        profile {{Name}} flags=(attach_disconnected,mediate_deleted) {
          file,
          network,
          capability,

          # The daemon and the shim end containers; containers under this profile see each other as far as their namespaces let them.
          signal (receive) peer=unconfined,
          signal (send, receive) peer={{Name}},
          ptrace (trace, read, tracedby, readby) peer={{Name}},

          # Of procfs only what belongs to a process may be written.
          deny /proc/[^1-9]** wklx,
          deny /proc/{kcore,sysrq-trigger} r,
          deny /proc/{acpi,scsi}/** r,

          # Of sysfs only the cgroups.
          deny /sys/{[^f],f[^s],fs/[^c],fs/c[^g]}** wklx,
          deny /sys/{firmware,kernel/security,devices/virtual/powercap}/** r,

          # Neither mount, umount nor pivot_root is allowed: what is masked stays masked even for CAP_SYS_ADMIN.
        }

        """;
}
