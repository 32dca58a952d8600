using Insula.Api.Core;
using Insula.Api.Values;
using Insula.Pods.Workers;
using Insula.Volumes;

namespace Insula.Pods.Tests.Workers;

public sealed class StorageUseTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("insula-storage-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_container_has_its_limit_and_the_pod_the_sum()
    {
        var pod = Pod(("a", "10Mi"), ("b", "20Mi"));
        Assert.Null(StorageUse.Excess(pod, [Volume(5)], Bytes(("a", 10), ("b", 15))));
        Assert.Equal(new("ephemeralcontainerfs.limit", "Container a exceeded its local ephemeral storage limit \"10Mi\". "), StorageUse.Excess(pod, [], Bytes(("a", 11), ("b", 0))));
        Assert.Equal(new("ephemeralpodfs.limit", "Pod ephemeral local storage usage exceeds the total limit of containers 30Mi. "), StorageUse.Excess(pod, [Volume(11)], Bytes(("a", 10), ("b", 10))));
        Assert.Equal(new("emptydirfs.limit", "Usage of EmptyDir volume \"v\" exceeds the limit \"1Mi\". "), StorageUse.Excess(pod, [Volume(2, "1Mi")], Bytes()));
    }

    [Fact]
    public void Who_has_no_limit_is_not_held_to_any()
    {
        Assert.Null(StorageUse.Excess(Pod(("a", null)), [Volume(900)], Bytes(("a", 900))));
        Assert.False(StorageUse.IsLimited(Pod(("a", null))));
        Assert.True(StorageUse.IsLimited(Pod(("a", null), ("b", "1Mi"))));
    }

    [Fact]
    public void Layers_and_logs_of_all_starts_are_a_containers_own()
    {
        var pod = Pod(("web", "1Mi"), ("web.side", "1Mi"));
        var places = new PodPlaces(new PodOptions { RootDirectory = _root, RunDirectory = _root }, "uid");
        foreach (var (file, size) in ((string, int)[])[("containers/web.0/upper/f", 100_000), ("containers/web.side.3/upper/d/f", 200_000), ("logs/web/0.log", 50_000), ("logs/web/1.log", 50_000), ("logs/other/0.log", 900_000)])
        {
            var path = Path.Combine(places.Directory, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, new byte[size]);
        }

        var used = StorageUse.Measure(places, pod, null, default);
        Assert.InRange(used["web"], 200_000, 260_000);
        Assert.InRange(used["web.side"], 200_000, 260_000);
        Assert.Equal(2, used.Count);
    }

    private static VolumeUsage Volume(long mebibytes, string? limit = null) => new("v", mebibytes << 20, limit is null ? null : Quantity.Parse(limit));

    private static Dictionary<string, long> Bytes(params (string Name, long Mebibytes)[] containers) => containers.ToDictionary(c => c.Name, c => c.Mebibytes << 20);

    private static Pod Pod(params (string Name, string? Limit)[] containers) => new()
    {
        Spec = new()
        {
            Containers = [.. containers.Select(c => new Container
            {
                Name = c.Name,
                Resources = new() { Limits = c.Limit is null ? new Dictionary<string, Quantity>() : new() { ["ephemeral-storage"] = Quantity.Parse(c.Limit) } },
            })],
        },
    };
}
