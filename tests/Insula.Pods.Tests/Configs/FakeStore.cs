using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Store;

namespace Insula.Pods.Tests.Configs;

/// <summary>A store that only shows what it was made with.</summary>
internal sealed class FakeStore : IObjectStore
{
    private readonly Dictionary<ObjectKey, StoredObject> _objects = [];

    public long ResourceVersion => 1;

    public void Put(ConfigMap map) => Put("configmaps", map.Metadata.Name, ApiJson.ToJson(map));

    public void Put(Service service) => Put("services", service.Metadata.Name, ApiJson.ToJson(service));

    public void Put(Secret secret) => Put("secrets", secret.Metadata.Name, ApiJson.ToJson(secret));

    public StoredObject? Get(ObjectKey key) => _objects.GetValueOrDefault(key);

    public ListResult List(string resource, string? ns) => new([.. _objects.Values.Where(o => o.Key.Resource == resource && o.Key.Namespace == ns)], ResourceVersion);

    public IReadOnlyList<string> Resources() => throw new NotSupportedException();

    public Task<StoredObject> CreateAsync(ObjectKey key, JsonObject document, CancellationToken ct, Durability durability = Durability.Full) => throw new NotSupportedException();

    public Task<StoredObject> UpdateAsync(ObjectKey key, Func<JsonObject, JsonObject?> change, UpdateOptions options, CancellationToken ct) => throw new NotSupportedException();

    public Task<StoredObject?> DeleteAsync(ObjectKey key, Preconditions preconditions, CancellationToken ct, Durability durability = Durability.Full) => throw new NotSupportedException();

    public ObjectWatch Watch(string resource, string? ns, long? since) => throw new NotSupportedException();

    public ObjectWatch Follow(Func<WatchEvent, bool> concerns) => throw new NotSupportedException();

    private void Put(string resource, string name, JsonObject document)
    {
        var key = new ObjectKey(resource, "default", name);
        _objects[key] = StoredObject.Preview(key, document, DateTimeOffset.UnixEpoch);
    }
}
