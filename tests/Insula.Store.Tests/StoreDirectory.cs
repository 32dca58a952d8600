using System.Text.Json.Nodes;
using Insula.Linux;
using Insula.Linux.Files;

namespace Insula.Store.Tests;

/// <summary>A temporary directory with a store in it that can be closed, abandoned and opened again.</summary>
internal sealed class StoreDirectory : IAsyncDisposable
{
    private readonly Action<Descriptor> _sync;

    public StoreDirectory(StoreOptions? options = null, Action<Descriptor>? sync = null)
    {
        _sync = sync ?? Entries.SyncData;
        Path = Directory.CreateTempSubdirectory("insula-store-").FullName;
        Options = (options ?? new StoreOptions { Directory = "" }) with { Directory = Path };
        Store = Open();
    }

    public string Path { get; }

    public StoreOptions Options { get; set; }

    public ObjectStore Store { get; private set; }

    public List<string> Reports { get; } = [];

    public static ObjectKey Pod(string name, string ns = "default") => new("pods", ns, name);

    public static JsonObject Document(string name, string? label = null, string image = "a") => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = label is null ? null : new JsonObject { ["app"] = label } },
        ["spec"] = new JsonObject { ["image"] = image },
    };

    public static Func<JsonObject, JsonObject?> SetImage(string image) => document =>
    {
        document["spec"]!["image"] = image;
        return document;
    };

    public ObjectStore Open() => Store = ObjectStore.Open(Options, TimeProvider.System, Reports.Add, _sync);

    public async Task<ObjectStore> ReopenAsync()
    {
        await Store.DisposeAsync();
        return Open();
    }

    /// <summary>What a crash leaves: the files as they are now, in a directory of their own.</summary>
    public StoreDirectory Crash()
    {
        var copy = Directory.CreateTempSubdirectory("insula-store-").FullName;
        foreach (var file in Directory.GetFiles(Path, "state.db*").Where(f => !f.EndsWith("-shm", StringComparison.Ordinal)))
        {
            File.Copy(file, System.IO.Path.Combine(copy, System.IO.Path.GetFileName(file)));
        }

        return new StoreDirectory(this, copy);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        Directory.Delete(Path, recursive: true);
    }

    private StoreDirectory(StoreDirectory other, string path)
    {
        _sync = Entries.SyncData;
        Path = path;
        Options = other.Options with { Directory = path };
        Store = Open();
    }
}
