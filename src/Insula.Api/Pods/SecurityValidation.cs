using Insula.Api.Core;
using Insula.Api.Validation;

namespace Insula.Api.Pods;

/// <summary>Checks security contexts.</summary>
internal static class SecurityValidation
{
    // As capabilities(7) of Linux 6.x lists them.
    private static readonly HashSet<string> _capabilities =
    [
        "ALL", "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "CHOWN", "DAC_OVERRIDE",
        "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN",
        "MAC_OVERRIDE", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "PERFMON", "SETFCAP", "SETGID",
        "SETPCAP", "SETUID", "SYSLOG", "SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE",
        "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM",
    ];

    public static void Pod(ErrorList at, PodSecurityContext? context)
    {
        if (context is null)
        {
            return;
        }

        Id(at.Field("fsGroup"), context.FsGroup);
        Id(at.Field("runAsUser"), context.RunAsUser);
        Id(at.Field("runAsGroup"), context.RunAsGroup);
        for (var i = 0; i < context.SupplementalGroups.Count; i++)
        {
            Id(at.Field("supplementalGroups").Index(i), context.SupplementalGroups[i]);
        }

        Seccomp(at.Field("seccompProfile"), context.SeccompProfile);
        AppArmor(at.Field("appArmorProfile"), context.AppArmorProfile);
    }

    public static void Container(ErrorList at, SecurityContext? context)
    {
        if (context is null)
        {
            return;
        }

        Id(at.Field("runAsUser"), context.RunAsUser);
        Id(at.Field("runAsGroup"), context.RunAsGroup);
        var capabilities = at.Field("capabilities");
        Known(capabilities.Field("add"), context.Capabilities?.Add ?? []);
        Known(capabilities.Field("drop"), context.Capabilities?.Drop ?? []);
        Seccomp(at.Field("seccompProfile"), context.SeccompProfile);
        AppArmor(at.Field("appArmorProfile"), context.AppArmorProfile);
        if (context.AllowPrivilegeEscalation != false)
        {
            return;
        }

        if (context.Privileged == true)
        {
            at.Invalid(null, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        }

        if (context.Capabilities?.Add.Contains("SYS_ADMIN") == true)
        {
            at.Invalid(null, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
        }
    }

    private static void Seccomp(ErrorList at, SeccompProfile? profile)
    {
        if (profile is null)
        {
            return;
        }

        var file = at.Field("localhostProfile");
        if (profile.Type != ProfileTypes.Localhost)
        {
            if (profile.LocalhostProfile is not null)
            {
                file.Invalid(profile.LocalhostProfile, "can only be set when seccomp type is Localhost");
            }
        }
        else if (string.IsNullOrEmpty(profile.LocalhostProfile))
        {
            file.Required("must be set when seccomp type is Localhost");
        }
        else if (profile.LocalhostProfile[0] == '/')
        {
            file.Invalid(profile.LocalhostProfile, "must be a relative path");
        }
        else if (profile.LocalhostProfile.Split('/').Contains(".."))
        {
            file.Invalid(profile.LocalhostProfile, "must not contain '..'");
        }
    }

    internal static void AppArmor(ErrorList at, AppArmorProfile? profile)
    {
        const int Longest = 4095;
        if (profile is null)
        {
            return;
        }

        var name = at.Field("localhostProfile");
        if (profile.Type != ProfileTypes.Localhost)
        {
            if (profile.LocalhostProfile is not null)
            {
                name.Invalid(profile.LocalhostProfile, "can only be set when AppArmor type is Localhost");
            }
        }
        else if (string.IsNullOrEmpty(profile.LocalhostProfile))
        {
            name.Required("must be set when AppArmor type is Localhost");
        }
        else if (profile.LocalhostProfile.Trim() != profile.LocalhostProfile)
        {
            name.Invalid(profile.LocalhostProfile, "must not be padded with whitespace");
        }
        else if (profile.LocalhostProfile.Any(char.IsControl))
        {
            // It becomes part of a line that the kernel reads.
            name.Invalid(profile.LocalhostProfile, "must not contain control characters");
        }
        else if (System.Text.Encoding.UTF8.GetByteCount(profile.LocalhostProfile) > Longest)
        {
            name.All.Add(FieldError.TooLong(name.Path, Longest));
        }
    }

    private static void Id(ErrorList at, long? id) => at.Range(id, 0, int.MaxValue);

    private static void Known(ErrorList at, IReadOnlyList<string> names)
    {
        for (var i = 0; i < names.Count; i++)
        {
            var name = names[i];
            if (!_capabilities.Contains(name))
            {
                var bare = name.ToUpperInvariant();
                bare = bare.StartsWith("CAP_", StringComparison.Ordinal) ? bare[4..] : bare;
                at.Index(i).Invalid(name, _capabilities.Contains(bare)
                    ? $"write it as {bare}"
                    : "no such capability; capabilities(7) lists them, write them without CAP_");
            }
        }
    }
}
