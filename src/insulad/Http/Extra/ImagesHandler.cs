using System.Globalization;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Insula.Api.Meta;
using Insula.Images;
using Insula.Pods;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Insulad.Http.Extra;

/// <summary>Images: list, load from an archive, remove.</summary>
internal sealed class ImagesHandler(ImageStore images, IPodService pods)
{
    public Task ListAsync(HttpContext context)
    {
        var items = new JsonArray();
        foreach (var image in images.List())
        {
            items.Add((JsonNode)ToJson(image));
        }

        return Responses.WriteAsync(context, 200, new JsonObject
        {
            ["kind"] = "ImageList",
            ["apiVersion"] = "insula.dev/v1",
            ["metadata"] = new JsonObject(),
            ["items"] = items,
        });
    }

    /// <summary>
    /// Takes an archive of any size. Answers lines of JSON: <c>{"progress":TEXT}</c>, then <c>{"loaded":NAME,…}</c> for each
    /// image or <c>{"error":TEXT}</c>.
    /// </summary>
    public async Task LoadAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            // The archive may be made while it is sent.
            rate.MinDataRate = null;
        }

        var name = context.Request.Query["name"] is [{ Length: > 0 } given, ..] ? given : null;
        var steps = Channel.CreateBounded<string>(new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropOldest });
        var load = Task.Run(() => LoadAsync(context.Request.Body, name, steps.Writer, context.RequestAborted));
        context.Response.ContentType = Responses.Json;
        await foreach (var step in steps.Reader.ReadAllAsync(context.RequestAborted))
        {
            await WriteLineAsync(context, new JsonObject { ["progress"] = step });
        }

        try
        {
            foreach (var loaded in await load)
            {
                var line = ToJson(loaded.Image);
                line["loaded"] = loaded.References.Count > 0 ? string.Join(", ", loaded.References) : loaded.Image.Id;
                line["alreadyPresent"] = loaded.AlreadyPresent;
                line["warnings"] = new JsonArray([.. loaded.Warnings.Select(w => (JsonNode?)JsonValue.Create(w))]);
                await WriteLineAsync(context, line);
            }

            pods.ImagesChanged();
        }
        catch (ImageException e) when (context.Response.HasStarted)
        {
            await WriteLineAsync(context, new JsonObject { ["error"] = e.Message });
        }
    }

    public async Task RemoveAsync(HttpContext context, string reference)
    {
        var used = pods.ImagesInUse();
        if (!await images.RemoveAsync(reference, i => used.Contains(i.Id), context.RequestAborted))
        {
            throw new ApiException(Failures.NotFound("images", reference));
        }

        pods.ImagesChanged();
        await Responses.WriteAsync(context, 200, new Status { Outcome = "Success", Code = 200, Details = new StatusDetails { Name = reference, Kind = "images" } });
    }

    private static JsonObject ToJson(Image image) => new()
    {
        ["id"] = image.Id,
        ["references"] = new JsonArray([.. image.References.Select(r => (JsonNode?)JsonValue.Create(r))]),
        ["digest"] = image.Digest,
        ["size"] = image.Size,
        ["created"] = image.Created?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
    };

    private static async Task WriteLineAsync(HttpContext context, JsonObject line)
    {
        await context.Response.Body.WriteAsync((byte[])[.. Responses.ToUtf8(line), (byte)'\n'], context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    private async Task<IReadOnlyList<LoadedImage>> LoadAsync(Stream archive, string? name, ChannelWriter<string> steps, CancellationToken ct)
    {
        try
        {
            return await images.LoadAsync(archive, name, new StepWriter(steps), ct);
        }
        finally
        {
            steps.TryComplete();
        }
    }

    private sealed class StepWriter(ChannelWriter<string> steps) : IProgress<LoadProgress>
    {
        private (LoadStep, string) _last;

        /// <summary>One line for each step of each item; while the archive is received the client knows best how far it is.</summary>
        public void Report(LoadProgress value)
        {
            if (value.Step == LoadStep.Receiving || _last == (value.Step, value.Item))
            {
                return;
            }

            _last = (value.Step, value.Item);
            var word = value.Step switch
            {
                LoadStep.Verifying => "verifying",
                LoadStep.Unpacking => "unpacking",
                LoadStep.Present => "already present:",
                _ => "recording",
            };
            steps.TryWrite($"{word} {value.Item}".TrimEnd());
        }
    }
}
