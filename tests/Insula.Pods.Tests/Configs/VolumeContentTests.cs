using System.Text;
using Insula.Api.Core;
using Insula.Pods.Configs;
using Insula.Pods.Launch;
using Insula.Volumes;

namespace Insula.Pods.Tests.Configs;

public class VolumeContentTests
{
    private static readonly Pod Pod = new()
    {
        Metadata = new()
        {
            Name = "p",
            Namespace = "default",
            Labels = new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" },
            Annotations = new Dictionary<string, string> { ["note"] = "two\nlines \"quoted\"" },
        },
    };

    [Fact]
    public void AllKeysOrThoseNamedBecomeFiles()
    {
        Assert.Equal("a=1 644, b=2 644", Files(new Volume { Name = "v", ConfigMap = new ConfigMapVolumeSource { Name = "map" } }));
        Assert.Equal("dir/b=2 600", Files(new Volume
        {
            Name = "v",
            ConfigMap = new ConfigMapVolumeSource { Name = "map", DefaultMode = 0b100_100_100, Items = [new KeyToPath { Key = "b", Path = "dir/b", Mode = 0b110_000_000 }] },
        }));
        Assert.Equal("pass=hush 400", Files(new Volume { Name = "v", Secret = new SecretVolumeSource { SecretName = "secret", DefaultMode = 0b100_000_000 } }));
    }

    [Fact]
    public void OptionalThingsMayBeMissingAndOthersAreSaidInTheKubeletsWords()
    {
        Assert.Equal("", Files(new Volume { Name = "v", ConfigMap = new ConfigMapVolumeSource { Name = "none", Optional = true } }));
        Assert.Equal("", Files(new Volume { Name = "v", ConfigMap = new ConfigMapVolumeSource { Name = "map", Optional = true, Items = [new KeyToPath { Key = "no", Path = "x" }] } }));
        Assert.Equal("MountVolume.SetUp failed for volume \"v\" : configmap \"none\" not found", Error(new Volume { Name = "v", ConfigMap = new ConfigMapVolumeSource { Name = "none" } }));
        Assert.Equal("MountVolume.SetUp failed for volume \"v\" : references non-existent secret key: no", Error(new Volume
        {
            Name = "v",
            Secret = new SecretVolumeSource { SecretName = "secret", Items = [new KeyToPath { Key = "no", Path = "x" }] },
        }));
    }

    [Fact]
    public void AProjectedVolumeHasAllItsSourcesAndTheLastCounts()
    {
        Assert.Equal("a=1 644, b=hush 644, labels=a=\"1\"\nb=\"2\" 644, name=p 400", Files(new Volume
        {
            Name = "v",
            Projected = new ProjectedVolumeSource
            {
                Sources =
                [
                    new VolumeProjection { ConfigMap = new ObjectProjection { Name = "map" } },
                    new VolumeProjection { Secret = new ObjectProjection { Name = "secret", Items = [new KeyToPath { Key = "pass", Path = "b" }] } },
                    new VolumeProjection
                    {
                        DownwardAPI = new DownwardApiProjection
                        {
                            Items =
                            [
                                new DownwardApiVolumeFile { Path = "labels", FieldRef = new ObjectFieldSelector { FieldPath = "metadata.labels" } },
                                new DownwardApiVolumeFile { Path = "name", FieldRef = new ObjectFieldSelector { FieldPath = "metadata.name" }, Mode = 0b100_000_000 },
                            ],
                        },
                    },
                ],
            },
        }));
    }

    [Fact]
    public void AnnotationsAreQuotedAsKubernetesDoes() => Assert.Equal("n=note=\"two\\nlines \\\"quoted\\\"\" 644", Files(new Volume
    {
        Name = "v",
        DownwardAPI = new DownwardApiVolumeSource { Items = [new DownwardApiVolumeFile { Path = "n", FieldRef = new ObjectFieldSelector { FieldPath = "metadata.annotations" } }] },
    }));

    private static string Files(Volume volume) => string.Join(", ", Content().Of(Pod, volume).OrderBy(f => f.Path, StringComparer.Ordinal)
        .Select(f => $"{f.Path}={Encoding.UTF8.GetString(f.Content.Span)} {Convert.ToString(f.Mode, 8)}"));

    private static string Error(Volume volume) => Assert.Throws<VolumeException>(() => Content().Of(Pod, volume)).Message;

    private static VolumeContent Content()
    {
        var store = new FakeStore();
        store.Put(new ConfigMap { Metadata = new() { Name = "map" }, Data = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" } });
        store.Put(new Secret { Metadata = new() { Name = "secret" }, Data = new Dictionary<string, string> { ["pass"] = "aHVzaA==" } });
        return new VolumeContent(new ConfigSource(store), new PodFieldValues("h", "n", [], []), (_, _) => "");
    }
}
