using Insula.Linux.Cgroups;
using Insula.Sandbox.Containers;
using Insula.Sandbox.Exec;

namespace Insula.Sandbox.Tests.Plans;

internal static class Specs
{
    public static SandboxSpec Sandbox { get; } = new()
    {
        Id = "u-0",
        PodUid = "u",
        CgroupParent = "pods/burstable/podu",
        PodSettings = CgroupSettings.None,
        Hostname = "web",
        Network = NamespaceMode.Pod,
        Ipc = NamespaceMode.Pod,
        Uts = NamespaceMode.Pod,
        Pid = NamespaceMode.Container,
        PodDirectory = "/root/pods/u",
        LayersDirectory = "/root/layers",
    };

    public static ContainerSpec Container { get; } = new()
    {
        Id = "web.0",
        CgroupSettings = CgroupSettings.None,
        Layers = ["/root/layers/top", "/root/layers/a/base"],
        ReadOnlyRootfs = true,
        Args = ["/bin/server", "--flag", ""],
        Env = ["A=1", "B=x y"],
        WorkingDirectory = "/srv",
        User = new ProcessUser(1000, 2000, [5, 6]),
        Capabilities = new CapabilitySets(0xff, 0xf0, 0xf0, 0, 0),
        NoNewPrivileges = true,
        Seccomp = null,
        Label = null,
        MaskedPaths = ["/proc/kcore"],
        ReadOnlyPaths = ["/proc/sys"],
        Mounts = [],
        AllowAllDevices = false,
        Pid = NamespaceMode.Container,
    };

    public static ExecSpec Exec { get; } = new()
    {
        ContainerId = "web.0",
        Args = ["true"],
        Env = [],
        WorkingDirectory = "/",
        User = new ProcessUser(0, 0, []),
        Capabilities = new CapabilitySets(1, 1, 1, 0, 0),
        NoNewPrivileges = false,
        Seccomp = null,
        Label = null,
    };
}
