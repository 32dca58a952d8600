using System.Text;
using System.Text.Json.Nodes;
using Insula.Api.Manifests;
using Insula.Api.Patches;
using Insula.Api.Schema;

namespace Insula.Fuzz;

/// <summary>Patches of a Pod: the first byte chooses the kind, the rest is the patch.</summary>
internal static class PatchTargets
{
    private static readonly string _pod =
        """
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","labels":{"x":"y"},"finalizers":["f/1"]},"spec":{"containers":[
        {"name":"a","image":"i","ports":[{"containerPort":80,"protocol":"TCP"}],"env":[{"name":"A","value":"1"}],"volumeMounts":[{"name":"v","mountPath":"/v"}]},
        {"name":"b","image":"j"}],"volumes":[{"name":"v","emptyDir":{}}],"tolerations":[{"key":"k"}]}}
        """;

    public static void Patch(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }

        var document = JsonNode.Parse(_pod)!.AsObject();
        try
        {
            var patch = Manifest.ReadJson(input.AsSpan(1));
            var type = Schemas.For("Pod");
            var result = (input[0] % 4) switch
            {
                0 when patch is not null => JsonPatch.Apply(document, patch),
                1 when patch is JsonObject => Twice(document, patch),
                2 => StrategicMergePatch.Apply(document, patch, type),
                3 when patch is JsonObject desired => ThreeWayApply.Apply(document, desired, type).Merged,
                _ => null,
            };
            Targets.Check(JsonNode.DeepEquals(document, JsonNode.Parse(_pod)), "the document is left as it was");
            _ = result is null ? 0 : Encoding.UTF8.GetByteCount(result.ToJsonString());
        }
        catch (Exception e) when (e is PatchException or ManifestException)
        {
        }
    }

    private static JsonNode? Twice(JsonObject document, JsonNode patch)
    {
        var once = MergePatch.Apply(document, patch);
        Targets.Check(JsonNode.DeepEquals(once, MergePatch.Apply(once, patch)), "a merge patch applied again changes nothing");
        return once;
    }
}
