using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Priorities;
using Insula.Api.Storage;
using Insula.Linux.Files;
using Insula.Store;
using Insula.Volumes.Drivers;
using Insulad.Http.Strategies;

namespace Insulad.Hosting;

/// <summary>Objects that exist from the start.</summary>
internal static class StoreSetup
{
    public static async Task EnsureBuiltInAsync(IObjectStore store, CancellationToken ct)
    {
        foreach (var name in NamespaceStrategy.BuiltIn)
        {
            await EnsureAsync(new ObjectKey("namespaces", "", name), () => NamespaceStrategy.New(name));
        }

        foreach (var priority in SystemPriorityClasses.All)
        {
            await EnsureAsync(new ObjectKey("priorityclasses.scheduling.k8s.io", "", priority.Metadata.Name!), () => ApiJson.ToJson(priority));
        }

        async Task EnsureAsync(ObjectKey key, Func<System.Text.Json.Nodes.JsonObject> make)
        {
            if (store.Get(key) is null)
            {
                await store.CreateAsync(key, make(), ct);
            }
        }
    }

    /// <summary>Name of the class that exists from the start.</summary>
    public const string StorageClass = "local";

    private const string StorageClasses = "storageclasses.storage.k8s.io";
    private const uint OwnerOnly = 0b110_000_000;

    /// <summary>The default class of volumes is made once: whoever deletes or replaces it means it. That it was is written beside the volumes.</summary>
    public static async Task EnsureStorageClassAsync(IObjectStore store, string root, CancellationToken ct)
    {
        const string Made = ".default-class-made";
        using var volumes = Directories.Open(Path.Combine(root, "volumes"));
        if (Entries.Status(volumes, Made) is not null)
        {
            return;
        }

        var key = new ObjectKey(StorageClasses, "", StorageClass);
        if (store.Get(key) is null)
        {
            await store.CreateAsync(key, StorageDefaults.Class(new JsonObject
            {
                ["apiVersion"] = "storage.k8s.io/v1",
                ["kind"] = "StorageClass",
                ["metadata"] = new JsonObject { ["name"] = StorageClass, ["annotations"] = new JsonObject { [StorageWords.DefaultClass] = "true" } },
                ["provisioner"] = LocalVolumes.DriverName,
                ["volumeBindingMode"] = BindingModes.WaitForFirstConsumer,
                ["allowVolumeExpansion"] = true,
            }), ct);
        }

        AtomicFile.Write(volumes, Made, [], OwnerOnly);
    }
}
