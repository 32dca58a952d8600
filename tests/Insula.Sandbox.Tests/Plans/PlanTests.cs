using Insula.Linux;
using Insula.Linux.Seccomp;
using Insula.Sandbox.Containers;
using Insula.Sandbox.Plans;

namespace Insula.Sandbox.Tests.Plans;

public sealed class PlanTests : IDisposable
{
    private readonly Descriptor[] _files = [.. Enumerable.Range(0, 6).Select(_ => Descriptor.Open("/dev/null", 0))];

    public void Dispose()
    {
        foreach (var file in _files)
        {
            file.Dispose();
        }
    }

    [Fact]
    public void A_sandbox_states_every_namespace()
    {
        var spec = Specs.Sandbox with
        {
            MemoryVolumes = [new MemoryVolume("cache", 1024, 0x1FF, 5)],
            Sysctls = new Dictionary<string, string> { ["net.b"] = "2", ["net.a"] = "1" },
        };
        var plan = SandboxPlan.Build(spec, _files[0], _files[1], [_files[2], _files[3]], null);
        Assert.Equal(
            """
            --version 1
            --net new
            --ipc new
            --uts new
            --userns host
            --pid private
            --hostname web
            --domainname -
            --shim-cgroup 0
            --shim-cgroup 1
            --pod-dir 2
            --layers 3
            --memory-volume cache 1024 0777 5
            --sysctl net.a 1
            --sysctl net.b 2
            --end
            """, PlanText.Of(plan));
        Assert.Equal([_files[2], _files[3], _files[0], _files[1]], plan.Descriptors);
    }

    [Fact]
    public void A_sandbox_of_host_namespaces_has_no_host_name()
    {
        var spec = Specs.Sandbox with { Network = NamespaceMode.Host, Ipc = NamespaceMode.Host, Uts = NamespaceMode.Host, Pid = NamespaceMode.Host };
        Assert.Equal(
            """
            --version 1
            --net host
            --ipc host
            --uts host
            --userns host
            --pid host
            --pod-dir 0
            --layers 1
            --end
            """, PlanText.Of(SandboxPlan.Build(spec, _files[0], _files[1], [], null)));
    }

    [Fact]
    public void A_shared_process_namespace_has_a_placed_init_and_a_given_network_is_a_descriptor()
    {
        var spec = Specs.Sandbox with { Pid = NamespaceMode.Pod, ExistingNetworkNamespace = _files[5] };
        var text = PlanText.Of(SandboxPlan.Build(spec, _files[0], _files[1], [], new PlanPlacement(_files[2], [_files[3]])));
        Assert.Contains("--net fd:0\n", text, StringComparison.Ordinal);
        Assert.Contains("--pid pod\n--init-cgroup 1\n--init-cgroup-tasks 2\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_user_namespace_is_written_as_its_ids()
    {
        var spec = Specs.Sandbox with { UserIds = new UserIdRange(131072, 65536) };
        Assert.Contains("--uts new\n--userns 131072:65536\n--pid private\n", PlanText.Of(SandboxPlan.Build(spec, _files[0], _files[1], [], null)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_container_is_written_in_the_order_it_is_made()
    {
        var spec = Specs.Container with
        {
            Mounts =
            [
                new ContainerMount.Proc("/proc"),
                new ContainerMount.Sysfs("/sys", true),
                new ContainerMount.Cgroupfs("/sys/fs/cgroup", false),
                new ContainerMount.MessageQueues("/dev/mqueue"),
                new ContainerMount.DevPts("/dev/pts"),
                new ContainerMount.Dev("/dev"),
                new ContainerMount.Tmpfs("/dev/shm", 65536, 0x3FF, MountOptions.NoSuid | MountOptions.NoDev | MountOptions.NoExec),
                new ContainerMount.Bind("/pod/volumes/v", "/v", MountOptions.None),
                new ContainerMount.Bind("/pod/volumes/m", "/m", MountOptions.CreateDirectory | MountOptions.IdMapped),
                new ContainerMount.Detached(_files[4], "/h", MountOptions.RecursiveReadOnly | MountOptions.CreateFile, MountPropagation.HostToContainer),
            ],
            Devices = [new ContainerDevice("/dev/fuse", false, 10, 229, 0x1B6, 0, 7)],
            OomScoreAdj = -998,
            ResourceLimits = [new ResourceLimit("nofile", 1024, ulong.MaxValue)],
            Seccomp = new SeccompProgram(new byte[8], 6),
            Label = ExecLabel.AppArmor("web"),
            LogPath = "logs/web/0.log",
            LogMaxSize = 10,
            LogMaxFiles = 3,
        };
        var placement = new PlanPlacement(_files[0], [_files[1]]) { UnusedHierarchies = ["cpuset", "net_cls,net_prio"] };
        var plan = ContainerPlan.Build(spec, "/root/layers", placement, _files[2], _files[5]);
        Assert.Equal(
            """
            --version 1
            --pid private
            --cgroup 0
            --cgroup-tasks 1
            --cgroupns new
            --lower /layers/top
            --lower /layers/a/base
            --upper /pod/containers/web.0/upper
            --work /pod/containers/web.0/work
            --overlay-volatile 1
            --rootfs-readonly 1
            --proc /proc
            --sysfs /sys ro
            --cgroupfs /sys/fs/cgroup rw
            --mqueue /dev/mqueue
            --devpts /dev/pts
            --dev /dev
            --tmpfs /dev/shm 65536 01777 nosuid,nodev,noexec
            --bind /pod/volumes/v /v - private
            --bind /pod/volumes/m /m create-dir,idmap private
            --bind-fd 2 /h rro,create-file slave
            --device /dev/fuse c 10 229 0666 0 7
            --mask /proc/kcore
            --mask /sys/fs/cgroup/cpuset
            --mask /sys/fs/cgroup/net_cls,net_prio
            --readonly /proc/sys
            --cwd /srv
            --umask 022
            --uid 1000
            --gid 2000
            --groups 5,6
            --caps ff f0 f0 0 0
            --no-new-privs 1
            --seccomp 3
            --seccomp-flags 6
            --lsm apparmor/exec exec web
            --oom-score-adj -998
            --rlimit NOFILE 1024 unlimited
            --identity 4
            --log /pod/logs/web/0.log 10 3
            --env A=1
            --env B=x y
            --arg /bin/server
            --arg
            --flag
            --arg 
            --end
            """, PlanText.Of(plan));
        Assert.Equal([_files[0], _files[1], _files[4], _files[2], _files[5]], plan.Descriptors);
    }

    [Fact]
    public void What_is_not_chosen_is_written_too()
    {
        var spec = Specs.Container with { Pid = NamespaceMode.Host, HostCgroupNamespace = true, Mounts = [new ContainerMount.Cgroupfs("/sys/fs/cgroup", false)] };
        var text = PlanText.Of(ContainerPlan.Build(spec, "/root/layers", new PlanPlacement(null, []) { UnusedHierarchies = ["cpuset"] }, null, _files[5]));
        Assert.DoesNotContain("--mask /sys/fs/cgroup", text, StringComparison.Ordinal);
        foreach (var line in (string[])["--pid host", "--cgroup -", "--cgroupns host", "--seccomp none", "--lsm none -", "--oom-score-adj -", "--log none"])
        {
            Assert.Contains(line + "\n", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void With_an_SELinux_context_the_mounts_get_theirs()
    {
        var text = PlanText.Of(ContainerPlan.Build(Specs.Container with { Label = ExecLabel.SELinux("a:b:c:s0", "d:e:f:s0") }, "/root/layers", new PlanPlacement(_files[0], []), null, _files[5]));
        Assert.Contains("--mount-label d:e:f:s0\n", text, StringComparison.Ordinal);
        Assert.Contains("--lsm exec a:b:c:s0\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_PID_namespace_may_be_another_containers() => Assert.Contains(
        "--pid container:app.3\n", PlanText.Of(ContainerPlan.Build(Specs.Container with { PidOf = "app.3" }, "/root/layers", new PlanPlacement(_files[0], []), null, _files[5])), StringComparison.Ordinal);

    [Fact]
    public void An_input_and_a_terminal_are_words_only_where_they_are_wanted()
    {
        string Words(ContainerSpec spec) => PlanText.Of(ContainerPlan.Build(spec, "/root/layers", new PlanPlacement(_files[0], []), null, _files[5]));
        var text = Words(Specs.Container with { Stdin = true, Tty = true });
        Assert.Contains("--stdin 1\n", text, StringComparison.Ordinal);
        Assert.Contains("--tty 1\n", text, StringComparison.Ordinal);

        // Shims of earlier versions know neither.
        text = Words(Specs.Container);
        Assert.DoesNotContain("--stdin", text, StringComparison.Ordinal);
        Assert.DoesNotContain("--tty", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_may_be_handed_over() => Assert.Contains(
        "--program 1\n", PlanText.Of(ExecPlan.Build(Specs.Exec, new PlanPlacement(_files[0], []), null, null, null, null, _files[1])), StringComparison.Ordinal);

    [Fact]
    public void A_command_names_its_streams_and_one_pipe_may_be_two_of_them()
    {
        var plan = ExecPlan.Build(Specs.Exec with { Label = ExecLabel.SELinux("a:b:c:s0", "d:e:f:s0") }, new PlanPlacement(_files[0], []), null, null, _files[1], _files[1]);
        Assert.Equal(
            """
            --version 1
            --container web.0
            --cgroup 0
            --cwd /
            --umask 022
            --uid 0
            --gid 0
            --groups -
            --caps 1 1 1 0 0
            --no-new-privs 0
            --seccomp none
            --lsm exec a:b:c:s0
            --oom-score-adj -
            --tty 0
            --stdio - 1 1
            --arg true
            --end
            """, PlanText.Of(plan));
    }

    [Theory]
    [InlineData("/root/other/x")]
    [InlineData("/root/layers")]
    [InlineData("/root/layers/../secret")]
    [InlineData("layers/x")]
    public void A_layer_outside_of_the_layers_directory_is_refused(string layer) =>
        Assert.Throws<SandboxException>(() => ContainerPlan.Build(Specs.Container with { Layers = [layer] }, "/root/layers", new PlanPlacement(null, []), null, _files[5]));

    [Fact]
    public void No_word_can_carry_a_second_one()
    {
        var spec = Specs.Container with { Env = ["A=1\0--no-new-privs\00"] };
        Assert.Throws<SandboxException>(() => ContainerPlan.Build(spec, "/root/layers", new PlanPlacement(null, []), null, _files[5]));
    }

    [Fact]
    public void Empty_arguments_or_layers_are_refused()
    {
        Assert.Throws<SandboxException>(() => ContainerPlan.Build(Specs.Container with { Args = [] }, "/root/layers", new PlanPlacement(null, []), null, _files[5]));
        Assert.Throws<SandboxException>(() => ContainerPlan.Build(Specs.Container with { Layers = [] }, "/root/layers", new PlanPlacement(null, []), null, _files[5]));
    }

    [Fact]
    public void More_descriptors_than_a_packet_carries_are_refused()
    {
        using var files = new Many(PlanWriter.MaximumDescriptors + 1);
        var writer = new PlanWriter();
        foreach (var file in files.Items.Take(PlanWriter.MaximumDescriptors))
        {
            writer.Number(file);
        }

        Assert.Equal("0", writer.Number(files.Items[0]));
        Assert.Throws<SandboxException>(() => writer.Number(files.Items[^1]));
    }

    private sealed class Many(int count) : IDisposable
    {
        public Descriptor[] Items { get; } = [.. Enumerable.Range(0, count).Select(_ => Descriptor.Open("/dev/null", 0))];

        public void Dispose() => Array.ForEach(Items, item => item.Dispose());
    }
}
