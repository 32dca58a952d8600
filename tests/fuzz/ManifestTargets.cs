using System.Text.Json;
using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Manifests;
using Insula.Api.Pods;

namespace Insula.Fuzz;

/// <summary>Manifests as users send them, YAML and JSON, up to the checks of a Pod.</summary>
internal static class ManifestTargets
{
    public static void Manifest(byte[] input)
    {
        var file = Insula.Api.Manifests.Manifest.Parse(input);
        foreach (var problem in file.Problems().Concat(file.Warnings()))
        {
            Targets.Check(!problem.Any(char.IsControl), $"a message has no control characters: {problem}");
        }

        foreach (var document in file.Documents.Where(d => d.Errors.Count == 0))
        {
            Validate(document.Object);
        }
    }

    public static void Decoder(byte[] input)
    {
        JsonNode? node;
        try
        {
            node = Insula.Api.Manifests.Manifest.ReadJson(input);
        }
        catch (ManifestException)
        {
            return;
        }

        var decoded = ObjectDecoder.Decode(node);
        if (decoded.Errors.Count > 0)
        {
            return;
        }

        // What came out is canonical: it decodes to itself.
        var again = ObjectDecoder.Decode(decoded.Object.DeepClone());
        Targets.Check(again.Errors.Count == 0 && JsonNode.DeepEquals(decoded.Object, again.Object), "what is decoded decodes to itself");
        Validate(decoded.Object);
    }

    private static void Validate(JsonObject document)
    {
        if (document["kind"] is JsonValue kind && kind.GetValueKind() == JsonValueKind.String && (string?)kind == "Pod")
        {
            foreach (var error in PodValidation.Validate(ApiJson.Read<Pod>(document)))
            {
                Targets.Check(!error.ToString().Any(char.IsControl), $"a message has no control characters: {error}");
            }
        }
    }
}
