using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Insula.Api.Meta;
using Insula.Api.Printing;
using Insula.Store;
using Microsoft.AspNetCore.Http;

namespace Insulad.Http;

/// <summary>get and list.</summary>
internal sealed class ObjectReader(IObjectStore store, TimeProvider time)
{
    public Task GetAsync(ApiRequest request)
    {
        var value = store.Get(request.Key) ?? throw new ApiException(Failures.NotFound(request.Kind.QualifiedPlural, request.Info.Name!));
        return WriteObjectAsync(request, 200, value);
    }

    /// <summary>Writes one object in the form the request accepts.</summary>
    public Task WriteObjectAsync(ApiRequest request, int code, StoredObject value)
    {
        if (!Negotiation.WantsTable(request.Http.Request))
        {
            return Responses.WriteUtf8Async(request.Http, code, value.Json);
        }

        var metadata = new ListMeta { ResourceVersion = Text(value.ResourceVersion) };
        return Responses.WriteAsync(request.Http, code, Print(request, [value], metadata, time.GetUtcNow()));
    }

    public static Table Print(ApiRequest request, IEnumerable<StoredObject> items, ListMeta metadata, DateTimeOffset now)
    {
        var include = request.Query("includeObject") switch
        {
            null or "" or "Metadata" => IncludeObject.Metadata,
            "None" => IncludeObject.None,
            "Object" => IncludeObject.Object,
            var other => throw ApiException.BadRequest($"includeObject: {other} is none of None, Metadata, Object"),
        };
        return TablePrinter.Print(request.Kind, items.Select(i => i.ToDocument()), now, metadata, include);
    }

    public async Task ListAsync(ApiRequest request)
    {
        var table = Negotiation.WantsTable(request.Http.Request);
        var selection = new Selection(request);
        var limit = request.Number("limit") ?? 0;
        var list = store.List(request.Kind.QualifiedPlural, request.Kind.Namespaced ? request.Info.Namespace : null);
        var token = ContinueToken.Parse(request.Query("continue"));
        var matching = new List<StoredObject>();
        foreach (var item in list.Items)
        {
            if ((token is null || token.IsBefore(item.Key)) && selection.Matches(item))
            {
                matching.Add(item);
            }
        }

        // Later pages come from the present, but bear the first page's version: a watch from there brings what changed in between.
        var version = token?.ResourceVersion ?? list.ResourceVersion;
        var metadata = new ListMeta { ResourceVersion = Text(version) };
        if (limit > 0 && matching.Count > limit)
        {
            var remaining = matching.Count - limit;
            matching.RemoveRange((int)limit, (int)remaining);
            metadata = metadata with
            {
                Continue = new ContinueToken(version, matching[^1].Key.Namespace, matching[^1].Key.Name).ToString(),
                RemainingItemCount = remaining,
            };
        }

        if (table)
        {
            await Responses.WriteAsync(request.Http, 200, Print(request, matching, metadata, time.GetUtcNow()));
            return;
        }

        await WriteListAsync(request, matching, metadata);
    }

    private static string Text(long version) => version.ToString(CultureInfo.InvariantCulture);

    private static async Task WriteListAsync(ApiRequest request, List<StoredObject> items, ListMeta metadata)
    {
        var response = request.Http.Response;
        response.ContentType = Responses.Json;
        await using var writer = new Utf8JsonWriter(response.BodyWriter, new JsonWriterOptions { SkipValidation = true });
        writer.WriteStartObject();
        writer.WriteString("kind", request.Kind.Kind + "List");
        writer.WriteString("apiVersion", request.Kind.ApiVersion);
        writer.WriteStartObject("metadata");
        writer.WriteString("resourceVersion", metadata.ResourceVersion);
        if (metadata.Continue is not null)
        {
            writer.WriteString("continue", metadata.Continue);
            writer.WriteNumber("remainingItemCount", metadata.RemainingItemCount!.Value);
        }

        writer.WriteEndObject();
        writer.WriteStartArray("items");
        foreach (var item in items)
        {
            writer.WriteRawValue(item.Json.Span, skipInputValidation: true);
            if (writer.BytesPending > 64 * 1024)
            {
                await writer.FlushAsync(request.Aborted);
                await response.BodyWriter.FlushAsync(request.Aborted);
            }
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private sealed record ContinueToken(long ResourceVersion, string Namespace, string Name)
    {
        public static ContinueToken? Parse(string? text)
        {
            if (string.IsNullOrEmpty(text))
            {
                return null;
            }

            try
            {
                var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split('\n');
                if (parts.Length == 3 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var version))
                {
                    return new ContinueToken(version, parts[1], parts[2]);
                }
            }
            catch (FormatException)
            {
                // Answered below, with the others that are not ours.
            }

            throw ApiException.BadRequest("continue key is not valid: it is none that this server gave");
        }

        public bool IsBefore(ObjectKey key)
        {
            var order = string.CompareOrdinal(Namespace, key.Namespace);
            return order < 0 || (order == 0 && string.CompareOrdinal(Name, key.Name) < 0);
        }

        public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{ResourceVersion}\n{Namespace}\n{Name}"));
    }
}
