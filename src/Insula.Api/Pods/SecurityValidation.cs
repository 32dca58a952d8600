using Insula.Api.Core;
using Insula.Api.Validation;

namespace Insula.Api.Pods;

/// <summary>Checks security contexts.</summary>
internal static class SecurityValidation
{
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
        SELinux(at.Field("seLinuxOptions"), context.SeLinuxOptions);
    }

    /// <summary>Checks a container's.</summary>
    /// <param name="at">Where it stands.</param>
    /// <param name="context">The security context.</param>
    /// <param name="hostUsers">Whether the pod has the machine's ids: <c>hostUsers</c> is not false.</param>
    public static void Container(ErrorList at, SecurityContext? context, bool hostUsers)
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
        SELinux(at.Field("seLinuxOptions"), context.SeLinuxOptions);
        if (hostUsers && context.ProcMount == "Unmasked")
        {
            at.Field("procMount").Invalid(context.ProcMount, "`hostUsers` must be false to use `Unmasked`");
        }

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
        file.Plain(profile.LocalhostProfile);
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

    // They become part of a context and of mount options. Kubernetes leaves them to the machine, which is the worse place to hear of it.
    private static void SELinux(ErrorList at, SELinuxOptions? options)
    {
        Part("user", options?.User, "");
        Part("role", options?.Role, "");
        Part("type", options?.Type, "");
        Part("level", options?.Level, ":,");

        void Part(string name, string? value, string also)
        {
            if (value is not null && !value.All(c => char.IsAsciiLetterOrDigit(c) || "_-.".Contains(c) || also.Contains(c)))
            {
                at.Field(name).Invalid(value, $"must consist of letters, digits, '_', '-', '.'{(also.Length > 0 ? ", ':' and ','" : "")}");
            }
        }
    }

    private static void Id(ErrorList at, long? id) => at.Range(id, 0, int.MaxValue);

    private static void Known(ErrorList at, IReadOnlyList<string> names)
    {
        for (var i = 0; i < names.Count; i++)
        {
            if (names[i] != "ALL" && CapabilityNames.Bit(names[i]) == 0)
            {
                at.Index(i).Invalid(names[i], CapabilityNames.Complaint(names[i]));
            }
        }
    }
}
