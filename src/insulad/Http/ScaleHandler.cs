using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Api.Patches;
using Insula.Store;

namespace Insulad.Http;

/// <summary>The subresource scale: how many pods a workload has, in the same form for all kinds (autoscaling/v1 Scale).</summary>
internal sealed class ScaleHandler(IObjectStore store, ObjectWriter writer)
{
    private const string ApiVersion = "autoscaling/v1";

    public Task GetAsync(ApiRequest request)
    {
        var value = store.Get(request.Key) ?? throw new ApiException(Failures.NotFound(request.Kind.QualifiedPlural, request.Info.Name!));
        return Responses.WriteAsync(request.Http, 200, Of(value.ToDocument()));
    }

    /// <summary>Sets the number of pods to what the document says.</summary>
    public Task UpdateAsync(ApiRequest request, JsonObject scale) => WriteAsync(request, _ => scale);

    /// <summary>The same by a merge patch of the Scale.</summary>
    public async Task PatchAsync(ApiRequest request)
    {
        var type = RequestBody.ContentType(request.Http.Request);
        if (type is not ("application/merge-patch+json" or "application/strategic-merge-patch+json"))
        {
            throw RequestBody.Unsupported(type, "application/merge-patch+json", "application/strategic-merge-patch+json");
        }

        var patch = RequestBody.Object(RequestBody.Parse(await RequestBody.ReadAsync(request.Http.Request, request.Aborted), yaml: false));
        await WriteAsync(request, current => MergePatch.Apply(current, patch)!.AsObject());
    }

    private async Task WriteAsync(ApiRequest request, Func<JsonObject, JsonObject> propose)
    {
        var result = await writer.ReplaceAsync(request, current =>
        {
            var scale = propose(Of(current));
            if ((string?)scale["kind"] is not (null or "Scale") || (string?)scale["apiVersion"] is not (null or ApiVersion))
            {
                throw ApiException.BadRequest($"a Scale of {ApiVersion} is expected");
            }

            var replicas = scale["spec"]?["replicas"];
            if (replicas is not null && (replicas is not JsonValue value || !value.TryGetValue(out int _)))
            {
                throw ApiException.BadRequest("spec.replicas: an integer is expected");
            }

            current["spec"]!["replicas"] = replicas is null ? 0 : (int)replicas;
            current["metadata"]!["resourceVersion"] = scale["metadata"]?["resourceVersion"]?.DeepClone() ?? "";
            return current;
        });
        await Responses.WriteAsync(request.Http, 200, Of(result.ToDocument()));
    }

    private static JsonObject Of(JsonObject document)
    {
        var metadata = new JsonObject();
        foreach (var name in (ReadOnlySpan<string>)["name", "namespace", "uid", "resourceVersion", "creationTimestamp"])
        {
            Documents.Copy(document["metadata"]!.AsObject(), metadata, name);
        }

        return new JsonObject
        {
            ["kind"] = "Scale",
            ["apiVersion"] = ApiVersion,
            ["metadata"] = metadata,
            ["spec"] = new JsonObject { ["replicas"] = (int?)document["spec"]?["replicas"] ?? 1 },
            ["status"] = new JsonObject { ["replicas"] = (int?)document["status"]?["replicas"] ?? 0, ["selector"] = Selector(document["spec"]?["selector"] as JsonObject ?? []) },
        };
    }

    private static string Selector(JsonObject selector) => selector.Count > 0 && selector.All(p => p.Value is JsonValue)
        ? ApiJson.Read<LabelSelectorFields>(new JsonObject { ["matchLabels"] = selector.DeepClone() }).ToSelector().ToString()
        : ApiJson.Read<LabelSelectorFields>(selector).ToSelector().ToString();
}
