using Insula.Api.Core;
using Insula.Api.Values;
using Insula.Images;
using Insula.Pods.Configs;
using Insula.Pods.Launch;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Tests.Configs;

public class VariableTests
{
    private static readonly Pod Pod = new() { Metadata = new() { Name = "p", Namespace = "default" } };

    [Fact]
    public void EnvFromComesFirstAndEnvOverIt()
    {
        var lines = Lines(new Container
        {
            EnvFrom =
            [
                new EnvFromSource { ConfigMapRef = new EnvSource { Name = "map" } },
                new EnvFromSource { Prefix = "S_", SecretRef = new EnvSource { Name = "secret" } },
                new EnvFromSource { ConfigMapRef = new EnvSource { Name = "none", Optional = true } },
            ],
            Env =
            [
                new EnvVar { Name = "A", Value = "own" },
                new EnvVar { Name = "K", ValueFrom = new EnvVarSource { SecretKeyRef = new KeySelector { Name = "secret", Key = "pass" } } },
                new EnvVar { Name = "R", Value = "$(A)-$(b.c)-$(K)" },
                new EnvVar { Name = "GONE", ValueFrom = new EnvVarSource { ConfigMapKeyRef = new KeySelector { Name = "map", Key = "no", Optional = true } } },
            ],
        });

        // Binary keys are files only; $(NAME) in a value names what env declares.
        Assert.Equal(["A=own", "b.c=2", "S_pass=hush", "K=hush", "R=own-$(b.c)-hush"], lines);
    }

    [Theory]
    [InlineData("none", "a", "configmap \"none\" not found")]
    [InlineData("map", "no", "couldn't find key no in ConfigMap default/map")]
    [InlineData("map", "bin", "couldn't find key bin in ConfigMap default/map")]
    public void WhatIsMissingIsSaidInTheKubeletsWords(string name, string key, string message)
    {
        var refused = Assert.Throws<LaunchRefusedException>(() => Lines(new Container
        {
            Env = [new EnvVar { Name = "A", ValueFrom = new EnvVarSource { ConfigMapKeyRef = new KeySelector { Name = name, Key = key } } }],
        }));
        Assert.Equal((Reasons.CreateContainerConfigError, message), (refused.Reason, refused.Message));
    }

    [Fact]
    public void AValueThatIsNoTextIsRefusedWithoutBeingShown()
    {
        var refused = Assert.Throws<LaunchRefusedException>(() => Lines(new Container { EnvFrom = [new EnvFromSource { SecretRef = new EnvSource { Name = "raw" } }] }));
        Assert.Equal("key k of secret \"raw\" is no UTF-8 text and cannot be a variable; mount it as a file", refused.Message);
    }

    [Theory]
    [InlineData("limits.cpu", null, "2")] // rounded up
    [InlineData("limits.cpu", "1m", "1500")]
    [InlineData("limits.memory", null, "104857600")]
    [InlineData("limits.memory", "1Mi", "100")]
    [InlineData("limits.memory", "1Gi", "1")]
    [InlineData("requests.cpu", "1m", "250")]
    [InlineData("requests.memory", null, "0")]
    [InlineData("limits.hugepages-2Mi", "1Mi", "4")]
    [InlineData("limits.hugepages-1Gi", null, "0")]
    public void ResourcesAreShownInWholeUnits(string resource, string? divisor, string expected)
    {
        var resources = new ResourceRequirements
        {
            Limits = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse("1500m"), ["memory"] = Quantity.Parse("100Mi"), ["hugepages-2Mi"] = Quantity.Parse("4Mi") },
            Requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.Parse("250m") },
        };
        var selector = new ResourceFieldSelector { Resource = resource, Divisor = divisor is null ? null : Quantity.Parse(divisor) };
        Assert.Equal(expected, ResourceValues.Of(resources, selector, 4, 1 << 30));
    }

    [Fact]
    public void WithoutALimitTheMachineIsTheLimit()
    {
        Assert.Equal("4", ResourceValues.Of(new(), new ResourceFieldSelector { Resource = "limits.cpu" }, 4, 1 << 30));
        Assert.Equal($"{1 << 30}", ResourceValues.Of(new(), new ResourceFieldSelector { Resource = "limits.memory" }, 4, 1 << 30));
    }

    [Fact]
    public void SubPathExprNeedsAllItsVariables()
    {
        var values = new Dictionary<string, string> { ["A"] = "x" };
        Assert.Equal("x/$(B)", VariableExpansion.ExpandKnown("$(A)/$$(B)", values));
        Assert.Contains("missing value for \"B\"", Assert.Throws<LaunchRefusedException>(() => VariableExpansion.ExpandKnown("$(A)/$(B)", values)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReferencesAreFoundWhereverTheyAre()
    {
        var spec = new PodSpec
        {
            Volumes =
            [
                new Volume { Name = "a", ConfigMap = new ConfigMapVolumeSource { Name = "m1" } },
                new Volume { Name = "b", Projected = new ProjectedVolumeSource { Sources = [new VolumeProjection { Secret = new ObjectProjection { Name = "s1" } }] } },
            ],
            InitContainers = [new Container { EnvFrom = [new EnvFromSource { SecretRef = new EnvSource { Name = "s2" } }] }],
            Containers = [new Container { Env = [new EnvVar { ValueFrom = new EnvVarSource { ConfigMapKeyRef = new KeySelector { Name = "m2" } } }] }],
        };
        Assert.Equal([("configmaps", "m1"), ("configmaps", "m2"), ("secrets", "s1"), ("secrets", "s2")], PodReferences.Of(spec).Order());
        Assert.Equal([("configmaps", "m1"), ("secrets", "s1")], PodReferences.OfVolumes(spec).Order());
    }

    [Fact]
    public void ServicesOfTheNamespaceAreVariablesThatTheManifestsOwnReplace()
    {
        Service[] services = [Service("my-web", "10.43.0.7", new ServicePort { Name = "http", Port = 80 }, new ServicePort { Name = "dns-udp", Port = 53, Protocol = "UDP" }), Service("none", "None", new ServicePort { Port = 1 })];
        var container = new Container { Env = [new EnvVar { Name = "MY_WEB_SERVICE_PORT", Value = "own" }, new EnvVar { Name = "URL", Value = "http://$(MY_WEB_SERVICE_HOST)" }] };
        Assert.Equal(
            [
                "MY_WEB_SERVICE_HOST=10.43.0.7", "MY_WEB_SERVICE_PORT=own", "MY_WEB_SERVICE_PORT_HTTP=80", "MY_WEB_SERVICE_PORT_DNS_UDP=53", "MY_WEB_PORT=tcp://10.43.0.7:80",
                "MY_WEB_PORT_80_TCP=tcp://10.43.0.7:80", "MY_WEB_PORT_80_TCP_PROTO=tcp", "MY_WEB_PORT_80_TCP_PORT=80", "MY_WEB_PORT_80_TCP_ADDR=10.43.0.7",
                "MY_WEB_PORT_53_UDP=udp://10.43.0.7:53", "MY_WEB_PORT_53_UDP_PROTO=udp", "MY_WEB_PORT_53_UDP_PORT=53", "MY_WEB_PORT_53_UDP_ADDR=10.43.0.7",
                "URL=http://10.43.0.7",
            ],
            Lines(container, Pod, services));
        Assert.Equal(["MY_WEB_SERVICE_PORT=own", "URL=http://$(MY_WEB_SERVICE_HOST)"], Lines(container, Pod with { Spec = new() { EnableServiceLinks = false } }, services));
        Assert.Equal(["MY_WEB_SERVICE_PORT=own", "URL=http://$(MY_WEB_SERVICE_HOST)"], Lines(container, Pod with { Metadata = new() { Name = "p", Namespace = "other" } }, services));
    }

    [Fact]
    public void MoreServicesThanAnEnvironmentHoldsAreRefusedByTheFieldsName()
    {
        var services = Enumerable.Range(0, 3000).Select(i => Service($"service-number-{i}", "10.43.0.7", new ServicePort { Port = 80 })).ToArray();
        var refused = Assert.Throws<LaunchRefusedException>(() => Lines(new Container(), Pod, services));
        Assert.Equal(Reasons.CreateContainerConfigError, refused.Reason);
        Assert.StartsWith("spec.enableServiceLinks: the Services of the namespace make 21000 variables of ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("set it to false", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Lines(new Container(), Pod with { Spec = new() { EnableServiceLinks = false } }, services));
    }

    private static Service Service(string name, string address, params ServicePort[] ports) =>
        new() { Metadata = new() { Name = name }, Spec = new() { Type = ServiceTypeNames.ClusterIP, ClusterIP = address, Ports = ports } };

    private static List<string> Lines(Container container) => Lines(container, Pod);

    private static List<string> Lines(Container container, Pod pod, params Service[] services)
    {
        var store = new FakeStore();
        foreach (var service in services)
        {
            store.Put(service);
        }

        store.Put(new ConfigMap
        {
            Metadata = new() { Name = "map" },
            Data = new Dictionary<string, string> { ["A"] = "map", ["b.c"] = "2" },
            BinaryData = new Dictionary<string, string> { ["bin"] = "AAE=" },
        });
        store.Put(new Secret { Metadata = new() { Name = "secret" }, Data = new Dictionary<string, string> { ["pass"] = "aHVzaA==" } });
        store.Put(new Secret { Metadata = new() { Name = "raw" }, Data = new Dictionary<string, string> { ["k"] = "/w==" } });
        var sources = new VariableSources(new ConfigSource(store), (_, _, _) => "", EnvFiles.None);
        string[] usual = ["PATH=", "HOSTNAME=", "HOME="];
        return [.. ContainerEnvironment.Of(pod, container, new ImageConfig(), "/", new PodFieldValues("h", "n", [], []), sources).Lines.Where(l => !usual.Any(l.StartsWith))];
    }
}
