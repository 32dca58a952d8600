using System.Text.Json.Nodes;
using Insula.Api.Ingresses;
using Insula.Api.Json;
using Insula.Api.Priorities;
using Insula.Api.Storage;
using Insula.Linux.Files;
using Insula.Store;
using Insula.Volumes.Drivers;
using Insulad.Http;
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
    public static Task EnsureStorageClassAsync(IObjectStore store, string root, CancellationToken ct) => EnsureOnceAsync(
        store, Path.Combine(root, "volumes"), ".default-class-made", new ObjectKey(StorageClasses, "", StorageClass), () => StorageDefaults.Class(new JsonObject
        {
            ["apiVersion"] = "storage.k8s.io/v1",
            ["kind"] = "StorageClass",
            ["metadata"] = new JsonObject { ["name"] = StorageClass, ["annotations"] = new JsonObject { [StorageWords.DefaultClass] = "true" } },
            ["provisioner"] = LocalVolumes.DriverName,
            ["volumeBindingMode"] = BindingModes.WaitForFirstConsumer,
            ["allowVolumeExpansion"] = true,
        }), ct);

    /// <summary>So is that of Ingresses.</summary>
    public static Task EnsureIngressClassAsync(IObjectStore store, string root, CancellationToken ct) => EnsureOnceAsync(
        store, root, ".ingress-class-made", new ObjectKey(IngressClassStep.Classes, "", IngressWords.ClassName), () => new JsonObject
        {
            ["apiVersion"] = "networking.k8s.io/v1",
            ["kind"] = "IngressClass",
            ["metadata"] = new JsonObject { ["name"] = IngressWords.ClassName, ["annotations"] = new JsonObject { [IngressWords.DefaultClass] = "true" } },
            ["spec"] = new JsonObject { ["controller"] = IngressWords.Controller },
        }, ct);

    private static async Task EnsureOnceAsync(IObjectStore store, string directory, string mark, ObjectKey key, Func<JsonObject> make, CancellationToken ct)
    {
        using var place = Directories.Open(directory);
        if (Entries.Status(place, mark) is not null)
        {
            return;
        }

        if (store.Get(key) is null)
        {
            await store.CreateAsync(key, make(), ct);
        }

        AtomicFile.Write(place, mark, [], OwnerOnly);
    }
}
