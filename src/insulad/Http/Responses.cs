using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Meta;
using Microsoft.AspNetCore.Http;

namespace Insulad.Http;

/// <summary>Writes answers.</summary>
internal static class Responses
{
    public const string Json = "application/json";

    public static Task WriteUtf8Async(HttpContext context, int code, ReadOnlyMemory<byte> json) => WriteBytesAsync(context, code, Json, json);

    public static Task WriteBytesAsync(HttpContext context, int code, string type, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    public static Task WriteAsync<T>(HttpContext context, int code, T value)
        where T : class => WriteUtf8Async(context, code, ApiJson.ToUtf8(value));

    public static Task WriteAsync(HttpContext context, int code, JsonObject value) => WriteUtf8Async(context, code, ToUtf8(value));

    public static Task WriteAsync(HttpContext context, Status status) => WriteAsync(context, status.Code ?? 500, status);

    public static Task WriteTextAsync(HttpContext context, int code, string text)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    public static byte[] ToUtf8(JsonNode node)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(1024);
        using (var writer = new System.Text.Json.Utf8JsonWriter(buffer, new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            node.WriteTo(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
