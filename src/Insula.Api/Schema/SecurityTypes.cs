using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of security contexts (core/v1).</summary>
internal static class SecurityTypes
{
    private const string NoWindows = "this machine runs Linux";

    public static ObjectType SecurityContext { get; } = new(
        "SecurityContext", "Security settings of a container.",
        Long("runAsUser", "User id of the first process. Default the image's user."),
        Long("runAsGroup", "Group id of the first process. Default the image's, else 0."),
        Bool("runAsNonRoot", "Refuse to start as user 0."),
        One("capabilities", () => Capabilities, "Capabilities added to and dropped from the default set."),
        Bool("privileged", "All capabilities, all devices, no masked paths. Default false."),
        Bool("readOnlyRootFilesystem", "Make the root file system read-only. Default false."),
        Bool("allowPrivilegeEscalation", "false sets no_new_privs. Default true."),
        Text("procMount", "How /proc is masked: Unmasked hides nothing of it and needs hostUsers: false. Default Default.").OneOf("Default", "Unmasked"),
        One("seccompProfile", () => SeccompProfile, "System call filter. Default the pod's, else RuntimeDefault (the daemon's option seccomp-default)."),
        One("appArmorProfile", () => AppArmorProfile, "AppArmor profile, on machines that have AppArmor. Default the pod's, else RuntimeDefault."),
        One("seLinuxOptions", () => SELinuxOptions, "SELinux context, on machines that have SELinux. Default the pod's, else the policy's for containers."),
        One("windowsOptions", () => WindowsOptions, "Settings of Windows containers.").Refused(NoWindows));

    public static ObjectType PodSecurityContext { get; } = new(
        "PodSecurityContext", "Security settings of all containers of a pod.",
        Long("runAsUser", "User id of the containers' first processes."),
        Long("runAsGroup", "Group id of the containers' first processes."),
        Bool("runAsNonRoot", "Refuse to start containers as user 0."),
        Longs("supplementalGroups", "Further group ids of the containers' first processes."),
        Text("supplementalGroupsPolicy", "Whether groups of the image's /etc/group join. Default Merge.").OneOf("Merge", "Strict"),
        One("seccompProfile", () => SeccompProfile, "System call filter."),
        Long("fsGroup", "Group of the pod's volumes, which may read and write in them; the containers are in it. Host paths are left alone."),
        Text("fsGroupChangePolicy", "When the group of what a volume already holds is changed: when its root directory does not fit (default), or each time the pod gets a sandbox.").OneOf("OnRootMismatch", "Always"),
        Many("sysctls", () => Sysctl, "Kernel settings of the pod's namespaces. Beyond Kubernetes' safe ones only those that the daemon's option allowed-unsafe-sysctls names."),
        One("appArmorProfile", () => AppArmorProfile, "AppArmor profile, on machines that have AppArmor; elsewhere only Unconfined can be had."),
        One("seLinuxOptions", () => SELinuxOptions, "SELinux context of the containers that name none, on machines that have SELinux."),
        Text("seLinuxChangePolicy", "How volumes get their SELinux label.").OneOf("MountOption", "Recursive").Refused(),
        One("windowsOptions", () => WindowsOptions, "Settings of Windows containers.").Refused(NoWindows));

    private static ObjectType Capabilities { get; } = new(
        "Capabilities", "Capabilities, as capabilities(7) names them, without CAP_.",
        Texts("add", "Added; ALL means every one."),
        Texts("drop", "Dropped; ALL means every one. What add names stays."));

    private static ObjectType SeccompProfile { get; } = new(
        "SeccompProfile", "A system call filter.",
        Text("type", "Which filter: Insula's own, none, or a file of the machine's.").Required().OneOf("RuntimeDefault", "Unconfined", "Localhost"),
        Text("localhostProfile", "For Localhost the file, relative to the directory seccomp in the daemon's root directory; JSON as the OCI runtime specification, Docker and Kubernetes have it."));

    private static ObjectType AppArmorProfile { get; } = new(
        "AppArmorProfile", "An AppArmor profile.",
        Text("type", "Which profile: Insula's own, none, or one that is loaded on the machine.").Required().OneOf("RuntimeDefault", "Unconfined", "Localhost"),
        Text("localhostProfile", "For Localhost the name of the profile."));

    private static ObjectType SELinuxOptions { get; } = new(
        "SELinuxOptions", "An SELinux context. What is left out is as the machine's policy has it for containers.",
        Text("user", "User."),
        Text("role", "Role."),
        Text("type", "Type."),
        Text("level", "Level and categories, such as s0:c123,c456."));

    private static ObjectType WindowsOptions { get; } = new(
        "WindowsSecurityContextOptions", "Settings of Windows containers.",
        Text("gmsaCredentialSpecName", "Name of a credential spec."),
        Text("gmsaCredentialSpec", "A credential spec."),
        Text("runAsUserName", "User name."),
        Bool("hostProcess", "Whether it is a host process."));

    private static ObjectType Sysctl { get; } = new(
        "Sysctl", "A kernel setting.",
        Text("name", "Its name, as in sysctl(8); parts are separated by dots or by slashes.").Required(),
        Text("value", "Its value.").Required());
}
