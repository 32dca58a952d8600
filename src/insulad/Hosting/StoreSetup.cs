using Insula.Store;
using Insulad.Http.Strategies;

namespace Insulad.Hosting;

/// <summary>Objects that exist from the start.</summary>
internal static class StoreSetup
{
    public static async Task EnsureNamespacesAsync(IObjectStore store, CancellationToken ct)
    {
        foreach (var name in NamespaceStrategy.BuiltIn)
        {
            var key = new ObjectKey("namespaces", "", name);
            if (store.Get(key) is null)
            {
                await store.CreateAsync(key, NamespaceStrategy.New(name), ct);
            }
        }
    }
}
