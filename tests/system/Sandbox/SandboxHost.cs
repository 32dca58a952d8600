using System.Globalization;
using Insula.Linux;
using Insula.Linux.Cgroups;
using Insula.Linux.Events;
using Insula.Sandbox;
using Insula.Sandbox.Containers;
using Insula.Sandbox.Exec;
using Insula.SystemTests.Harness;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insula.SystemTests.Sandbox;

/// <summary>A root, a run directory, a layer with busybox and a cgroup tree of their own; asserts at the end that nothing is left.</summary>
public sealed class SandboxHost : IAsyncDisposable
{
    private static readonly string[] Applets =
        ["sh", "sleep", "cat", "echo", "yes", "head", "tty", "stty", "mknod", "ps", "kill", "true", "false", "id", "mkdir", "ln", "touch", "hostname", "ls", "wc", "dd", "stat", "readlink", "grep"];

    private readonly EventLoop _events = new();
    private bool _restarted;
    private readonly string _group = "insula-test-" + Guid.NewGuid().ToString("N")[..8];

    public SandboxHost()
    {
        Base = Directory.CreateTempSubdirectory("insula-test-").FullName;
        foreach (var folder in (string[])["bin", "proc", "dev", "sys", "tmp", "etc", "data"])
        {
            Directory.CreateDirectory(Path.Combine(Layer, folder));
        }

        File.Copy("/bin/busybox", Path.Combine(Layer, "bin/busybox"));
        foreach (var applet in Applets)
        {
            File.CreateSymbolicLink(Path.Combine(Layer, "bin", applet), "busybox");
        }

        Directory.CreateDirectory(PodDirectory);
        Cgroups = CgroupTree.Detect(_group, _events);
        Service = NewService();
    }

    public string Base { get; }

    public string Layer => Path.Combine(Base, "root/images/layers/busybox");

    public string PodUid { get; } = Guid.NewGuid().ToString();

    public string PodDirectory => Path.Combine(Base, "root/pods", PodUid);

    public string CgroupParent => $"pods/burstable/pod{PodUid}";

    public CgroupTree Cgroups { get; }

    public SandboxService Service { get; private set; }

    public string SandboxId => $"{PodUid}-0";

    public static CancellationToken Deadline => new CancellationTokenSource(Eventually.Deadline).Token;

    public SandboxSpec Spec(NamespaceMode pid = NamespaceMode.Container) => new()
    {
        Id = SandboxId,
        PodUid = PodUid,
        CgroupParent = CgroupParent,
        PodSettings = CgroupSettings.None,
        Hostname = "testpod",
        Network = NamespaceMode.Pod,
        Ipc = NamespaceMode.Pod,
        Uts = NamespaceMode.Pod,
        Pid = pid,
        PodDirectory = PodDirectory,
        LayersDirectory = Path.Combine(Base, "root/images/layers"),
        MemoryVolumes = [new MemoryVolume("scratch", 1 << 20, 0x1FF)],
    };

    public ContainerSpec Container(string id, params string[] args) => new()
    {
        Id = id,
        CgroupSettings = CgroupSettings.None,
        Layers = [Layer],
        ReadOnlyRootfs = false,
        Args = args,
        Env = ["PATH=/bin", "HOME=/"],
        WorkingDirectory = "/",
        User = new ProcessUser(0, 0, []),
        Capabilities = Capabilities,
        NoNewPrivileges = true,
        Seccomp = null,
        Label = null,
        MaskedPaths = ["/proc/kcore"],
        ReadOnlyPaths = ["/proc/sys"],
        Mounts =
        [
            new ContainerMount.Proc("/proc"),
            new ContainerMount.Dev("/dev"),
            new ContainerMount.DevPts("/dev/pts"),
            new ContainerMount.Sysfs("/sys", true),
        ],
        AllowAllDevices = false,
        Pid = NamespaceMode.Container,
        LogPath = $"logs/{id}.log",
        LogMaxSize = 1 << 20,
        LogMaxFiles = 2,
    };

    public static ExecSpec Exec(string container, params string[] args) => new()
    {
        ContainerId = container,
        Args = args,
        Env = ["PATH=/bin"],
        WorkingDirectory = "/",
        User = new ProcessUser(0, 0, []),
        Capabilities = Capabilities,
        NoNewPrivileges = true,
        Seccomp = null,
        Label = null,
    };

    // CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP, NET_BIND_SERVICE, NET_RAW, SYS_CHROOT, MKNOD, AUDIT_WRITE, SETFCAP.
    public static CapabilitySets Capabilities { get; } = new(0xa80425fb, 0xa80425fb, 0xa80425fb, 0, 0);

    public string Log(string id) => File.ReadAllText(Path.Combine(PodDirectory, $"logs/{id}.log"));

    /// <summary>Lets go of everything as a killed daemon would, and starts anew over the same directories.</summary>
    public async Task RestartAsync()
    {
        await Service.DisposeAsync();
        // This process plays both daemons, and the first one's shim is its child: a daemon that ends hands it to the init process.
        _restarted = true;
        Service = NewService();
    }

    /// <summary>Processes in this host's cgroups, whatever their state, and children of a shim that are zombies.</summary>
    public IReadOnlyList<string> Processes() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(path => Path.GetFileName(path)!)
            .Where(name => int.TryParse(name, CultureInfo.InvariantCulture, out _))
            .Where(pid => Read($"/proc/{pid}/cgroup").Contains(_group, StringComparison.Ordinal))
            .Select(pid => $"{pid} {Read($"/proc/{pid}/stat")}")
            .Where(line => !_restarted || !line.Contains($") Z {Environment.ProcessId} ", StringComparison.Ordinal)),
    ];

    public async Task AssertNothingIsLeftAsync()
    {
        await Eventually.GetAsync(() => Task.FromResult(string.Join('\n', Processes())), text => text.Length == 0, "no process is left");
        Assert.Empty(Cgroups.List("shims"));
        Assert.Empty(Cgroups.List("pods/burstable"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Base, "run/sandboxes")));
        Assert.False(Directory.Exists(Path.Combine(PodDirectory, "containers")), "the writable layers are left");
        Assert.DoesNotContain(Base, Read("/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.Empty(Service.ListKnown());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var id in Service.ListKnown())
        {
            await Service.DestroyAsync(id, Deadline);
        }

        await Service.DisposeAsync();
        foreach (var hierarchy in File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' '))
            .Where(fields => fields[Array.IndexOf(fields, "-") + 1] is "cgroup" or "cgroup2").Select(fields => fields[4]))
        {
            RemoveGroups(hierarchy);
        }

        _events.Dispose();
        Directory.Delete(Base, recursive: true);
    }

    private void RemoveGroups(string hierarchy)
    {
        foreach (var top in Directory.EnumerateDirectories(hierarchy, _group, new EnumerationOptions
        {
            RecurseSubdirectories = true,
            MaxRecursionDepth = 4,
            IgnoreInaccessible = true,
        }))
        {
            foreach (var group in Directory.EnumerateDirectories(top, "*", SearchOption.AllDirectories).OrderByDescending(path => path.Length))
            {
                Directory.Delete(group);
            }

            Directory.Delete(top);
        }
    }

    private SandboxService NewService() => new(
        new SandboxOptions
        {
            RootDirectory = Path.Combine(Base, "root"),
            RunDirectory = Path.Combine(Base, "run"),
            ShimProgram = Repository.Program("insula-shim"),
        },
        Cgroups,
        _events,
        TimeProvider.System,
        NullLoggerFactory.Instance);

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            // It ended between the listing and the reading.
            return "";
        }
    }
}
