using System.Text.Json.Nodes;
using Insula.Api.Meta;
using Insula.Api.Patches;
using Insula.Api.Schema;
using Insula.Store;

namespace Insulad.Http;

/// <summary>
/// patch, in four forms: JSON patch, merge patch, strategic merge patch, and apply: a three-way merge of what was
/// applied before (kept in an annotation), what is applied now, and what is there.
/// </summary>
internal sealed class PatchHandler(IObjectStore store, ObjectReader reader, ObjectWriter writer)
{
    private const string JsonType = "application/json-patch+json";
    private const string MergeType = "application/merge-patch+json";
    private const string StrategicType = "application/strategic-merge-patch+json";
    private const string ApplyType = "application/apply-patch+yaml";

    public async Task PatchAsync(ApiRequest request)
    {
        var type = RequestBody.ContentType(request.Http.Request);
        if (type is not (JsonType or MergeType or StrategicType or ApplyType))
        {
            throw RequestBody.Unsupported(type, JsonType, MergeType, StrategicType, ApplyType);
        }

        var patch = RequestBody.Parse(await RequestBody.ReadAsync(request.Http.Request, request.Aborted), yaml: type == ApplyType);
        if (type == ApplyType)
        {
            await ApplyAsync(request, RequestBody.Object(patch));
            return;
        }

        var result = await writer.ReplaceAsync(request, current => Patched(request, type, current, patch));
        await reader.WriteObjectAsync(request, 200, result);
    }

    private static JsonObject Patched(ApiRequest request, string type, JsonObject current, JsonNode patch)
    {
        try
        {
            var patched = type switch
            {
                JsonType => JsonPatch.Apply(current, patch),
                MergeType => MergePatch.Apply(current, RequestBody.Object(patch)),
                _ => StrategicMergePatch.Apply(current, RequestBody.Object(patch), Schemas.For(request.Kind.Kind)),
            };
            return patched as JsonObject ?? throw ApiException.BadRequest("the patch leaves no object");
        }
        catch (PatchException e)
        {
            throw new ApiException(Failures.Of(StatusReasons.Invalid, $"the server rejected our request due to an error in our request: {e.Message}"), e);
        }
    }

    private async Task ApplyAsync(ApiRequest request, JsonObject applied)
    {
        Documents.CheckKind(request, applied);
        var metadata = Documents.Metadata(applied);
        Documents.SetNamespace(request, metadata);
        if (Documents.Text(metadata, "name") is { Length: > 0 } name && name != request.Info.Name)
        {
            throw ApiException.BadRequest($"the name of the object ({name}) does not match the name on the URL ({request.Info.Name})");
        }

        metadata["name"] = request.Info.Name;

        // Decoded before it is merged: the comparison with what was applied before is then one of canonical values.
        applied = Documents.Decode(request, applied, partial: true);
        if (store.Get(request.Key) is null)
        {
            try
            {
                var created = await writer.CreateObjectAsync(request, ThreeWayApply.ForCreate(applied));
                await reader.WriteObjectAsync(request, 201, created);
                return;
            }
            catch (ApiException e) when (e.Status.Reason == StatusReasons.AlreadyExists)
            {
                // Somebody created it in between: then it is an update.
            }
        }

        var result = await writer.ReplaceAsync(request, current => ThreeWayApply.Apply(current, applied, Schemas.For(request.Kind.Kind)).Merged);
        await reader.WriteObjectAsync(request, 200, result);
    }
}
