using System.Text.Json.Nodes;
using Insula.Store;

namespace Insulad.Hosting;

/// <summary>Writes statuses of objects that controllers keep.</summary>
internal static class StatusWriter
{
    /// <summary>Publishes a status, if it is another than the object's. One that is gone, or another by now, is left alone: its change is on its way to who follows it.</summary>
    /// <param name="store">The objects.</param>
    /// <param name="of">The object as it was seen.</param>
    /// <param name="status">Its status.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task PublishAsync(this IObjectStore store, StoredObject of, JsonObject status, CancellationToken ct)
    {
        if (JsonNode.DeepEquals(of.ToDocument()["status"], status))
        {
            return;
        }

        try
        {
            await store.UpdateAsync(
                of.Key,
                document =>
                {
                    document["status"] = status.DeepClone();
                    return document;
                },
                UpdateOptions.Status with { Uid = of.Uid },
                ct);
        }
        catch (StoreException e) when (e.Error is StoreError.NotFound or StoreError.Conflict)
        {
            // As said above.
        }
    }
}
