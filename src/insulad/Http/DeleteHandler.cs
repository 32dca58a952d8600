using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Meta;
using Insula.Store;
using Insulad.Hosting;
using Insulad.Http.Strategies;

namespace Insulad.Http;

/// <summary>
/// delete and deletecollection. What has a worker (pods, namespaces) or finalizers is marked, and goes when its work
/// is undone; everything else goes at once.
/// </summary>
internal sealed class DeleteHandler(IObjectStore store, ObjectReader reader, TimeProvider time)
{
    public async Task DeleteAsync(ApiRequest request, JsonObject? body)
    {
        var options = DeleteOptions.Read(request, body);
        var (value, gone) = await DeleteAsync(request, request.Key, options);
        if (!gone || request.Strategy.RemovedByWorker)
        {
            await reader.WriteObjectAsync(request, 200, value);
            return;
        }

        await Responses.WriteAsync(request.Http, 200, new Status
        {
            Outcome = "Success",
            Details = new StatusDetails { Name = value.Key.Name, Group = request.Kind.Group is "" ? null : request.Kind.Group, Kind = request.Kind.Plural, Uid = value.Uid },
            Code = 200,
        });
    }

    public async Task DeleteCollectionAsync(ApiRequest request, JsonObject? body)
    {
        var options = DeleteOptions.Read(request, body);
        var selection = new Selection(request);
        var list = store.List(request.Kind.QualifiedPlural, request.Kind.Namespaced ? request.Info.Namespace : null);
        var items = new JsonArray();
        foreach (var item in list.Items.Where(selection.Matches))
        {
            try
            {
                var (value, _) = await DeleteAsync(request, item.Key, options);
                items.Add((JsonNode)value.ToDocument());
            }
            catch (ApiException e) when (e.Status.Code == 404)
            {
                // Gone in between, which is what was asked for.
            }
        }

        await Responses.WriteAsync(request.Http, 200, new JsonObject
        {
            ["kind"] = request.Kind.Kind + "List",
            ["apiVersion"] = request.Kind.ApiVersion,
            ["metadata"] = new JsonObject { ["resourceVersion"] = list.ResourceVersion.ToString(CultureInfo.InvariantCulture) },
            ["items"] = items,
        });
    }

    /// <summary>Deletes one object, or marks it for deletion; answers with what it was last, and whether it is gone.</summary>
    /// <exception cref="ApiException">There is none, it is another one than was meant, or it may not be deleted.</exception>
    /// <param name="request">Who asks.</param>
    /// <param name="key">Which.</param>
    /// <param name="options">How.</param>
    /// <param name="also">What else is written with the mark, when it is the first.</param>
    public async Task<(StoredObject Value, bool Gone)> DeleteAsync(ApiRequest request, ObjectKey key, DeleteOptions options, Action<JsonObject>? also = null)
    {
        if (request.Strategy.WhyNotDeleted(key.Name) is { } why)
        {
            throw new ApiException(Failures.Forbidden(key.Resource, key.Name, why));
        }

        var current = store.Get(key) ?? throw new ApiException(Failures.NotFound(key.Resource, key.Name));
        var document = current.ToDocument();
        try
        {
            if (!request.Strategy.RemovedByWorker && options.Finalizer is null && document["metadata"]!["finalizers"] is null or JsonArray { Count: 0 })
            {
                if (options.DryRun)
                {
                    return (current, true);
                }

                var preconditions = new Preconditions(options.Uid ?? current.Uid, options.ResourceVersion);
                return (await store.DeleteAsync(key, preconditions, request.Aborted) ?? current, true);
            }

            var update = new UpdateOptions { Uid = options.Uid, ResourceVersion = options.ResourceVersion, MayUseReserve = true };
            if (options.DryRun)
            {
                return (StoredObject.Preview(current, Mark(request.Strategy, document, options, also) ?? document), false);
            }

            return (await store.UpdateAsync(key, d => Mark(request.Strategy, d, options, also), update, request.Aborted), false);
        }
        catch (StoreException e) when (e.Error == StoreError.NotFound)
        {
            throw new ApiException(Failures.NotFound(key.Resource, key.Name), e);
        }
        catch (StoreException e) when (e.Error == StoreError.Conflict)
        {
            throw new ApiException(Failures.Conflict(key.Resource, key.Name, $"Precondition failed: {e.Message}"), e);
        }
    }

    /// <summary>Marks for deletion; a second request may shorten the grace, never lengthen it.</summary>
    private JsonObject? Mark(ResourceStrategy strategy, JsonObject document, DeleteOptions options, Action<JsonObject>? also)
    {
        var metadata = document["metadata"]!.AsObject();
        var grace = options.GracePeriodSeconds ?? strategy.DefaultGrace(document);
        grace = grace < 0 ? 1 : grace;
        var start = time.GetUtcNow();
        var finalizes = Finalize(metadata, options.Finalizer);
        if ((string?)metadata["deletionTimestamp"] is { } marked)
        {
            var given = (long?)metadata["deletionGracePeriodSeconds"] ?? 0;
            if (options.GracePeriodSeconds is null || grace >= given)
            {
                return finalizes ? document : null;
            }

            start = DateTimeOffset.Parse(marked, CultureInfo.InvariantCulture).AddSeconds(-given);
        }
        else
        {
            also?.Invoke(document);
        }

        DeletionMark.Set(document, start, grace);
        if (strategy is NamespaceStrategy)
        {
            document["status"] = new JsonObject { ["phase"] = "Terminating" };
        }

        return document;
    }

    /// <summary>Notes what is to become of what the object owns; a later request may say something else.</summary>
    private static bool Finalize(JsonObject metadata, string? finalizer)
    {
        if (finalizer is null)
        {
            return false;
        }

        var finalizers = metadata["finalizers"] as JsonArray ?? [];
        if (finalizers.Any(f => f?.ToString() == finalizer))
        {
            return false;
        }

        metadata["finalizers"] = new JsonArray(
            [.. finalizers.Where(f => f?.ToString() is not (OwnerCollector.Orphan or OwnerCollector.Foreground)).Select(f => f?.DeepClone()), finalizer]);
        return true;
    }
}
