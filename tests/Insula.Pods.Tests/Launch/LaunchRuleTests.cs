using Insula.Api.Core;
using Insula.Api.Pods;
using Insula.Api.Values;
using Insula.Images;
using Insula.Linux;
using Insula.Pods.Configs;
using Insula.Pods.Launch;
using Insula.Sandbox;

namespace Insula.Pods.Tests.Launch;

public class LaunchRuleTests
{
    private static readonly PodMemory s_memory = new(MemoryQos.Off, QosClasses.Burstable, IsCritical: false);

    private static readonly ImageConfig Image = new() { Entrypoint = ["/entry"], Cmd = ["a", "b"], Env = ["PATH=/bin", "LANG=C"] };
    private static readonly Dictionary<string, string> NoVariables = [];

    [Theory]
    [InlineData("$(A)", "1")]
    [InlineData("x$(A)y$(B)z", "x1y2z")]
    [InlineData("$$(A)", "$(A)")]
    [InlineData("$(C)", "$(C)")]
    [InlineData("$(A", "$(A")]
    [InlineData("$", "$")]
    [InlineData("$$$$", "$$")]
    [InlineData("a$b", "a$b")]
    [InlineData("$()", "$()")]
    public void VariablesExpandAsInKubernetes(string text, string expected) =>
        Assert.Equal(expected, VariableExpansion.Expand(text, new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" }));

    [Theory]
    [InlineData("", "", "/entry a b")]
    [InlineData("", "x y", "/entry x y")]
    [InlineData("/cmd", "", "/cmd")]
    [InlineData("/cmd", "x", "/cmd x")]
    public void CommandReplacesTheEntrypointAndDropsItsArguments(string command, string args, string expected) =>
        Assert.Equal(expected, string.Join(' ', CommandLine.Of(new Container { Command = Words(command), Args = Words(args) }, Image, NoVariables)));

    [Fact]
    public void NoCommandAtAllIsAConfigurationError()
    {
        var e = Assert.Throws<LaunchRefusedException>(() => CommandLine.Of(new Container { Name = "c", Image = "empty" }, new ImageConfig(), NoVariables));
        Assert.Equal("CreateContainerConfigError", e.Reason);
        Assert.Contains("no command", e.Message);
    }

    private static VariableSources NoSources => new(new ConfigSource(new Configs.FakeStore()), (_, _, _) => "", EnvFiles.None);

    [Fact]
    public void TheEnvironmentIsTheImagesThenTheManifestsThenTheUsual()
    {
        var pod = new Pod { Metadata = new() { Name = "p", Namespace = "n", Labels = new Dictionary<string, string> { ["app"] = "x" } } };
        var container = new Container
        {
            Env =
            [
                new EnvVar { Name = "LANG", Value = "de" },
                new EnvVar { Name = "A", Value = "1" },
                new EnvVar { Name = "B", Value = "$(A)-$(NOPE)" },
                new EnvVar { Name = "N", ValueFrom = new EnvVarSource { FieldRef = new ObjectFieldSelector { FieldPath = "metadata.name" } } },
                new EnvVar { Name = "L", ValueFrom = new EnvVarSource { FieldRef = new ObjectFieldSelector { FieldPath = "metadata.labels['app']" } } },
                new EnvVar { Name = "I", ValueFrom = new EnvVarSource { FieldRef = new ObjectFieldSelector { FieldPath = "status.podIP" } } },
            ],
        };
        var environment = ContainerEnvironment.Of(pod, container, Image, "/root", new PodFieldValues("host", "node", ["10.0.0.1"], ["192.0.2.1"]), NoSources);
        Assert.Equal(
            ["PATH=/bin", "LANG=de", "A=1", "B=1-$(NOPE)", "N=p", "L=x", "I=10.0.0.1", "HOSTNAME=host", "HOME=/root"],
            environment.Lines);
    }

    [Fact]
    public void ANulInAValueIsRefused() => Assert.Throws<LaunchRefusedException>(() => ContainerEnvironment.Of(
        new Pod(), new Container { Env = [new EnvVar { Name = "A", Value = "x\0--privileged" }] }, Image, "/", new PodFieldValues("h", "n", [], []), NoSources));

    [Fact]
    public void CapabilitiesStartFromTheDefaultSetAndAmbientStaysEmpty()
    {
        var sets = ContainerCapabilities.Of(new Container(), 0, CapabilityNames.Default, CapabilityNames.All);
        Assert.Equal(CapabilityNames.Default, sets.Bounding);
        Assert.Equal(sets.Bounding, sets.Effective);
        Assert.Equal((0UL, 0UL), (sets.Inheritable, sets.Ambient));
        Assert.Equal(11, CapabilityNames.In(sets.Bounding).Count());
    }

    [Fact]
    public void AnotherUserKeepsTheBoundOnly()
    {
        var sets = ContainerCapabilities.Of(new Container(), 1000, CapabilityNames.Default, CapabilityNames.All);
        Assert.Equal((CapabilityNames.Default, 0UL, 0UL), (sets.Bounding, sets.Effective, sets.Permitted));
    }

    [Theory]
    [InlineData("", "ALL", "")]
    [InlineData("NET_ADMIN", "ALL", "NET_ADMIN")]
    public void DropAllComesBeforeTheAdds(string add, string drop, string expected)
    {
        var container = new Container { SecurityContext = new SecurityContext { Capabilities = new Capabilities { Add = Words(add), Drop = Words(drop) } } };
        Assert.Equal(expected, string.Join(' ', CapabilityNames.In(ContainerCapabilities.Of(container, 0, CapabilityNames.Default, CapabilityNames.All).Bounding)));
    }

    [Fact]
    public void PrivilegedIsEverythingTheDaemonHas()
    {
        var available = CapabilityNames.All & ~CapabilityNames.Bit("SYS_RESOURCE");
        var container = new Container { SecurityContext = new SecurityContext { Privileged = true } };
        Assert.Equal(available, ContainerCapabilities.Of(container, 0, CapabilityNames.Default, available).Effective);
    }

    [Theory]
    [InlineData("NO_SUCH")]
    [InlineData("SYS_RESOURCE")]
    public void ACapabilityThatCannotBeGivenIsRefused(string name)
    {
        var container = new Container { SecurityContext = new SecurityContext { Capabilities = new Capabilities { Add = [name] } } };
        Assert.Throws<LaunchRefusedException>(() => ContainerCapabilities.Of(container, 0, CapabilityNames.Default, CapabilityNames.All & ~CapabilityNames.Bit("SYS_RESOURCE")));
    }

    [Theory]
    [InlineData(null, "7,8")]
    [InlineData("Merge", "7,8")]
    [InlineData("Strict", "7,8")]
    public void ThePrimaryGroupIsAlwaysAmongTheGroups(string? policy, string expected)
    {
        var pod = new Pod { Spec = new PodSpec { SecurityContext = new PodSecurityContext { RunAsUser = 5, RunAsGroup = 7, SupplementalGroups = [8, 7], SupplementalGroupsPolicy = policy } } };
        var image = new Image { Id = "sha256:0", References = [], Size = 0, LayerDirectories = [], Config = new ImageConfig() };
        Assert.Equal(expected, string.Join(',', ContainerUserId.Of(pod, new Container(), image).User.Groups));
    }

    [Theory]
    [InlineData(false, 65535, 65535, 65535, null)]
    [InlineData(false, 65536, 0, 0, "user or group 65536 does not exist")]
    [InlineData(false, 0, 70000, 0, "user or group 70000 does not exist")]
    [InlineData(false, 0, 0, 65536, "user or group 65536 does not exist")]
    [InlineData(true, 70000, 70000, 70000, null)]
    [InlineData(null, 70000, 70000, 70000, null)]
    public void AUserNamespaceHasIdsUpTo65535(bool? hostUsers, int uid, int gid, int group, string? refusal)
    {
        var context = new PodSecurityContext { RunAsUser = uid, RunAsGroup = gid, SupplementalGroups = [group] };
        var pod = new Pod { Spec = new PodSpec { HostUsers = hostUsers, SecurityContext = context } };
        var image = new Image { Id = "sha256:0", References = [], Size = 0, LayerDirectories = [], Config = new ImageConfig() };
        var failure = Record.Exception(() => ContainerUserId.Of(pod, new Container { Name = "c" }, image));
        Assert.Equal(refusal is null, failure is null);
        Assert.Contains(refusal ?? "", failure?.Message ?? "");
    }

    [Theory]
    [InlineData("0 100", "131072 131172")]
    [InlineData("0\t2147483647", "131072 196607")]
    [InlineData("1 0", "131073 131072")]
    [InlineData("all", "all")]
    public void GroupsThatMayPingAreThoseOfTheInside(string value, string outside)
    {
        var spec = new PodSpec { SecurityContext = new PodSecurityContext { Sysctls = [new Sysctl { Name = "net.ipv4.ping_group_range", Value = value }] } };
        Assert.Equal(outside, PodSysctls.OfNetwork(spec, new UserIdRange(131072, 65536))["net/ipv4/ping_group_range"]);
        Assert.Equal(value, PodSysctls.OfNetwork(spec, null)["net/ipv4/ping_group_range"]);
    }

    [Fact]
    public void EverybodyMayPingWhereTheManifestSaysNothingElse()
    {
        Assert.Equal("0 2147483647", PodSysctls.OfSandbox(new PodSpec(), null)["net/ipv4/ping_group_range"]);
        Assert.Equal("0 65535", PodSysctls.OfSandbox(new PodSpec(), new UserIdRange(131072, 65536))["net/ipv4/ping_group_range"]);
        Assert.Empty(PodSysctls.OfSandbox(new PodSpec { HostNetwork = true }, null));
        var own = new PodSpec { SecurityContext = new PodSecurityContext { Sysctls = [new Sysctl { Name = "net.ipv4.ping_group_range", Value = "1 0" }] } };
        Assert.Empty(PodSysctls.OfSandbox(own, null));
    }

    [Fact]
    public void AGroupThatDoesNotExistInsideCannotBeGivenPing()
    {
        var spec = new PodSpec { SecurityContext = new PodSecurityContext { Sysctls = [new Sysctl { Name = "net.ipv4.ping_group_range", Value = "65536 70000" }] } };
        Assert.Contains("group 65536 does not exist", Assert.ThrowsAny<SandboxException>(() => PodSysctls.OfNetwork(spec, new UserIdRange(131072, 65536))).Message);
    }

    [Fact]
    public void WhatCannotBeMappedIsNamed()
    {
        var container = new Container { Name = "c", VolumeMounts = [new VolumeMount { Name = "share", MountPath = "/data/" }] };
        Assert.Contains("volume \"share\" cannot be used with hostUsers: false", LaunchWords.Of(container, new LaunchException("c", "idmap", Errno.EINVAL, "/data")));
        Assert.Contains("the file system of /images does not map user ids", LaunchWords.OfSandbox(new LaunchException("s", "idmap", Errno.EINVAL, "/layers"), "/images"));
        Assert.Contains("max_user_namespaces", LaunchWords.OfSandbox(new LaunchException("s", "user-namespace", Errno.ENOSPC, null), "/images"));
        Assert.Null(LaunchWords.OfSandbox(new LaunchException("s", "namespace", Errno.ENOSPC, null), "/images"));
    }

    [Theory]
    [InlineData(null, null, null, 2, -1, -1)]
    [InlineData("100m", "500m", "64Mi", 102, 50_000, 67_108_864)]
    [InlineData(null, "2", null, 2048, 200_000, -1)]
    [InlineData(null, "1m", null, 2, 1000, -1)]
    public void ResourcesBecomeSharesQuotaAndBytes(string? request, string? limit, string? memory, long shares, long quota, long bytes)
    {
        var limits = new Dictionary<string, Quantity>();
        Add(limits, "cpu", limit);
        Add(limits, "memory", memory);
        var requests = new Dictionary<string, Quantity>();
        Add(requests, "cpu", request);
        var settings = ContainerResources.Of(new PodSpec(), new ResourceRequirements { Limits = limits, Requests = requests }, s_memory);
        Assert.Equal((ulong)shares, settings.CpuShares);
        Assert.Equal(quota, settings.CpuQuotaMicroseconds ?? -1);
        Assert.Equal(bytes, settings.MemoryMax ?? -1);
        Assert.Equal(quota > 0 ? 100_000 : null, settings.CpuPeriodMicroseconds);
        Assert.True(settings.OomGroup);
    }

    /// <summary>As with a kubelet: who requests none gets none, of whatever size.</summary>
    [Fact]
    public void HugePagesAreLimitedToWhatIsRequestedOfEachSize()
    {
        var memory = s_memory with { Rules = MemoryQos.Off with { PageSizes = [2 << 20, 1 << 30] } };
        var uses = new Container { Resources = new ResourceRequirements { Limits = new Dictionary<string, Quantity> { ["hugepages-2Mi"] = Quantity.Parse("4Mi") } } };
        var spec = new PodSpec { Containers = [uses, new Container(), uses] };
        Assert.Equal([(2L << 20, 8L << 20), (1L << 30, 0)], Pages(ContainerResources.OfPod(spec, 0, memory)));
        Assert.Equal([(2L << 20, 4L << 20), (1L << 30, 0)], Pages(ContainerResources.Of(spec, uses.Resources, memory)));
        Assert.Equal([(2L << 20, 0), (1L << 30, 0)], Pages(ContainerResources.Of(spec, new ResourceRequirements(), memory)));

        // Where no container has any the pod's group says it for all.
        var none = new PodSpec { Containers = [new Container()] };
        Assert.Equal([(2L << 20, 0), (1L << 30, 0)], Pages(ContainerResources.OfPod(none, 0, memory)));
        Assert.Null(ContainerResources.Of(none, new ResourceRequirements(), memory).HugePages);

        static IEnumerable<(long, long)> Pages(Insula.Linux.Cgroups.CgroupSettings settings) => settings.HugePages!.OrderBy(p => p.Key).Select(p => (p.Key, p.Value));
    }

    [Fact]
    public void ThePodIsLimitedOnlyWhenEveryContainerIs()
    {
        var limited = new Container { Resources = new ResourceRequirements { Limits = new Dictionary<string, Quantity> { ["memory"] = Quantity.Parse("64Mi") } } };
        Assert.Equal(128L << 20, ContainerResources.OfPod(new PodSpec { Containers = [limited, limited] }, 100, s_memory).MemoryMax);
        Assert.Null(ContainerResources.OfPod(new PodSpec { Containers = [limited, new Container()] }, 100, s_memory).MemoryMax);
        Assert.Null(ContainerResources.OfPod(new PodSpec { Containers = [limited], InitContainers = [new Container()] }, 100, s_memory).MemoryMax);
        Assert.Equal(100, ContainerResources.OfPod(new PodSpec { Containers = [limited] }, 100, s_memory).PidsMax);

        // What one container takes too much is not to end the others.
        Assert.Null(ContainerResources.OfPod(new PodSpec { Containers = [limited] }, 100, s_memory).OomGroup);
    }

    [Theory]
    [InlineData("Guaranteed", null, -997)]
    [InlineData("BestEffort", null, 1000)]
    [InlineData("Burstable", null, 999)]
    [InlineData("Burstable", "512Mi", 500)]
    [InlineData("Burstable", "1Gi", 3)]
    public void TheOutOfMemoryScoreFollowsTheClass(string qos, string? request, int expected)
    {
        var requests = new Dictionary<string, Quantity>();
        Add(requests, "memory", request);
        var all = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse("1"), ["memory"] = Quantity.Parse("1Mi") };
        var own = new ResourceRequirements { Requests = qos == "Guaranteed" ? all : requests, Limits = qos == "Guaranteed" ? all : [] };
        var other = new Container { Resources = qos == "Burstable" ? new ResourceRequirements { Requests = all } : own };
        Assert.Equal(expected, ContainerResources.OomScoreAdj(new PodSpec { Containers = [new Container { Resources = own }, other] }, own, 1L << 30));
    }

    [Fact]
    public void WhatThePodRequestsBeyondItsContainersIsSharedByThemInTheOutOfMemoryScore()
    {
        var own = new ResourceRequirements { Requests = new Dictionary<string, Quantity> { ["memory"] = Quantity.Parse("128Mi") } };
        var spec = new PodSpec
        {
            Resources = new ResourceRequirements { Requests = new Dictionary<string, Quantity> { ["memory"] = Quantity.Parse("384Mi") } },
            Containers = [new Container { Resources = own }, new Container()],
            InitContainers = [new Container()],
        };
        Assert.Equal(750, ContainerResources.OomScoreAdj(spec, own, 1L << 30)); // 128 Mi and half of the other 256
        Assert.Equal(875, ContainerResources.OomScoreAdj(spec, new ResourceRequirements(), 1L << 30));
    }

    [Fact]
    public void ThePodAsAWholeIsLimitedByWhatItSaysAndItsContainersMayUseAllOfItUnlessTheySayLess()
    {
        var some = new Container { Resources = new ResourceRequirements { Limits = new Dictionary<string, Quantity> { ["memory"] = Quantity.Parse("64Mi") } } };
        var spec = new PodSpec
        {
            Resources = new ResourceRequirements
            {
                Limits = new Dictionary<string, Quantity> { ["memory"] = Quantity.Parse("256Mi"), ["cpu"] = Quantity.Parse("2") },
                Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse("1") },
            },
            Containers = [some, new Container()],
        };
        var pod = ContainerResources.OfPod(spec, 0, s_memory);
        Assert.Equal((256L << 20, 200_000, 1024UL), (pod.MemoryMax, pod.CpuQuotaMicroseconds, pod.CpuShares));
        var limited = ContainerResources.Of(spec, some.Resources, s_memory);
        Assert.Equal((64L << 20, 200_000), (limited.MemoryMax, limited.CpuQuotaMicroseconds));
        Assert.Equal(256L << 20, ContainerResources.Of(spec, new ResourceRequirements(), s_memory).MemoryMax);
    }

    [Theory]
    [InlineData("SIGTERM", 15)]
    [InlineData("quit", 3)]
    [InlineData("9", 9)]
    [InlineData("SIGRTMIN+3", 37)]
    [InlineData("RTMAX-1", 63)]
    [InlineData("65", null)]
    [InlineData("0", null)]
    [InlineData("SIG", null)]
    [InlineData("SIGNOPE", null)]
    [InlineData("RTMIN3", null)]
    public void StopSignalsHaveNamesAndNumbers(string text, int? expected) => Assert.Equal(expected, StopSignals.Parse(text));

    [Theory]
    [InlineData("a", "a")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123456789", "012345678901234567890123456789012345678901234567890123456789012")]
    public void AHostNameIsCutToWhatTheKernelTakes(string name, string expected) =>
        Assert.Equal(expected, PodFiles.Hostname(new Pod { Metadata = new() { Name = name } }));

    [Theory]
    [InlineData("Never", "ErrImageNeverPull")]
    [InlineData("IfNotPresent", "ErrImagePull")]
    [InlineData("Always", "ErrImagePull")]
    public void AMissingImageSaysHowToLoadIt(string policy, string reason)
    {
        var e = Assert.Throws<LaunchRefusedException>(() => ImageChoice.Of(new Container { Image = "x", ImagePullPolicy = policy }, _ => null));
        Assert.Equal(reason, e.Reason);
        Assert.Contains("insula load", e.Message);
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static void Add(Dictionary<string, Quantity> list, string name, string? value)
    {
        if (value is not null)
        {
            list[name] = Quantity.Parse(value);
        }
    }
}
