using System.Text.Json.Nodes;
using Insula.Store;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Store;

/// <summary>The store on a file system that is really full.</summary>
public sealed class DiskFullKernelTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("insula-test-").FullName;

    public async ValueTask InitializeAsync() =>
        (await Commands.RunAsync("mount", ["-t", "tmpfs", "-o", "size=16m", "insula-test", _directory])).Succeeded();

    public async ValueTask DisposeAsync()
    {
        (await Commands.RunAsync("umount", [_directory])).Succeeded();
        Directory.Delete(_directory);
    }

    [Fact]
    public async Task New_objects_are_refused_and_deletion_works_from_the_reserve()
    {
        var options = new StoreOptions { Directory = _directory, CoalesceDelay = TimeSpan.FromHours(1) };
        var none = CancellationToken.None;
        await using var store = ObjectStore.Open(options, TimeProvider.System, _ => { });
        var reserve = Path.Combine(_directory, "state.reserve");
        Assert.True(File.Exists(reserve));
        var written = 0;
        StoreException? refusal = null;
        while (refusal is null && written < 2000)
        {
            try
            {
                await store.CreateAsync(new ObjectKey("pods", "default", $"p{written}"), new JsonObject { ["x"] = new string('x', 20_000) }, none);
                written++;
            }
            catch (StoreException e)
            {
                refusal = e;
            }
        }

        Assert.Equal(StoreError.Disk, refusal?.Error);
        Assert.True(File.Exists(reserve), "a refused creation must not spend the reserve");
        Assert.Equal(written, store.List("pods", null).Items.Count);
        for (var i = 0; i < written; i++)
        {
            var key = new ObjectKey("pods", "default", $"p{i}");
            var mark = new UpdateOptions { MayUseReserve = true };
            await store.UpdateAsync(key, d => { d["metadata"]!["deletionTimestamp"] = "2026-01-01T00:00:00Z"; return d; }, mark, none);
            Assert.NotNull(await store.DeleteAsync(key, Preconditions.None, none));
        }

        Assert.Empty(store.List("pods", null).Items);
    }
}
