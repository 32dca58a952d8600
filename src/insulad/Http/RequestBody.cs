using System.Text.Json.Nodes;
using Insula.Api.Manifests;
using Insula.Api.Meta;
using Microsoft.AspNetCore.Http;

namespace Insulad.Http;

/// <summary>Bodies are read whole, within 3 MiB, the bound of the Kubernetes API server.</summary>
internal static class RequestBody
{
    public const int MaxBytes = 3 << 20;

    public static async Task<byte[]> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        // The bound is kept here and not by Kestrel: it would close the connection before the client has read why.
        if (request.ContentLength > MaxBytes)
        {
            throw TooLarge();
        }

        using var buffer = new MemoryStream((int)(request.ContentLength ?? 4096));
        var part = new byte[16 * 1024];
        int count;
        while ((count = await request.Body.ReadAsync(part, ct)) > 0)
        {
            buffer.Write(part, 0, count);
            if (buffer.Length > MaxBytes)
            {
                throw TooLarge();
            }
        }

        return buffer.ToArray();
    }

    private static ApiException TooLarge() =>
        new(Failures.Of(StatusReasons.RequestEntityTooLarge, $"Request entity too large: limit is {MaxBytes}"));

    /// <summary>The content type without its parameters; JSON when none is named.</summary>
    public static string ContentType(HttpRequest request)
    {
        var type = request.ContentType;
        if (string.IsNullOrEmpty(type))
        {
            return "application/json";
        }

        var end = type.IndexOf(';', StringComparison.Ordinal);
        return (end < 0 ? type : type[..end]).Trim().ToLowerInvariant();
    }

    public static ApiException Unsupported(string type, params string[] accepted) => new(Failures.Of(
        StatusReasons.UnsupportedMediaType,
        $"the body of the request was in an unknown format - accepted media types include: {string.Join(", ", accepted)} (not {type})"));

    /// <summary>The body as one JSON or YAML document.</summary>
    public static async Task<JsonNode> ReadDocumentAsync(HttpRequest request, CancellationToken ct)
    {
        var type = ContentType(request);
        var body = await ReadAsync(request, ct);
        return type switch
        {
            "application/json" => Parse(body, yaml: false),
            "application/yaml" or "application/x-yaml" or "text/yaml" => Parse(body, yaml: true),
            _ => throw Unsupported(type, "application/json", "application/yaml"),
        };
    }

    public static JsonNode Parse(ReadOnlySpan<byte> utf8, bool yaml)
    {
        try
        {
            return (yaml ? Manifest.ReadYaml(utf8) : Manifest.ReadJson(utf8)) ?? throw ApiException.BadRequest("the body is empty");
        }
        catch (ManifestException e)
        {
            throw new ApiException(Failures.BadRequest($"the body cannot be read: {e.Message}"), e);
        }
    }

    public static JsonObject Object(JsonNode node) => node as JsonObject ?? throw ApiException.BadRequest("the body must be an object");
}
