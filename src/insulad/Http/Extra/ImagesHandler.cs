using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Insula.Api.Meta;
using Insula.Images;
using Insula.Images.Registry;
using Insula.Pods;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Insulad.Http.Extra;

/// <summary>Images: list, load from an archive, pull from a registry, remove.</summary>
internal sealed class ImagesHandler(ImageStore images, IPodService pods)
{
    private const int MostOfCredential = 64 << 10;

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
        await AnswerAsync(context, steps => images.LoadAsync(context.Request.Body, name, steps, context.RequestAborted));
    }

    /// <summary>
    /// Fetches the image of the query's <c>image</c>, with <c>plainHttp=true</c> without encryption. The body is empty, or says who asks:
    /// <c>{"username":…,"password":…}</c>. Answers as <see cref="LoadAsync"/>.
    /// </summary>
    public async Task PullAsync(HttpContext context)
    {
        if (context.Request.Query["image"] is not [{ Length: > 0 } reference, ..])
        {
            throw new ApiException(Failures.BadRequest("the query says no image: ?image=REFERENCE"));
        }

        var access = new RegistryAccess(await ReadCredentialAsync(context), context.Request.Query["plainHttp"] is ["true"]);
        await AnswerAsync(context, async steps => [await images.PullAsync(reference, access, steps, context.RequestAborted)]);
    }

    private static async Task<RegistryCredential?> ReadCredentialAsync(HttpContext context)
    {
        var body = new byte[MostOfCredential];
        var length = await context.Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, context.RequestAborted);
        if (length == 0)
        {
            return null;
        }

        try
        {
            if (length < body.Length && JsonNode.Parse(body.AsSpan(0, length)) is JsonObject said
                && said["username"]?.GetValue<string>() is { } user && said["password"]?.GetValue<string>() is { } password)
            {
                return new RegistryCredential(user, password);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // What it holds is not for messages.
        }

        throw new ApiException(Failures.BadRequest("the body is no credential: {\"username\":…,\"password\":…}"));
    }

    private async Task AnswerAsync(HttpContext context, Func<StepWriter, Task<IReadOnlyList<LoadedImage>>> begin)
    {
        var steps = Channel.CreateBounded<string>(new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropOldest });
        var load = Task.Run(() => CompleteAsync(begin(new StepWriter(steps.Writer)), steps.Writer));
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

    private static async Task<IReadOnlyList<LoadedImage>> CompleteAsync(Task<IReadOnlyList<LoadedImage>> work, ChannelWriter<string> steps)
    {
        try
        {
            return await work;
        }
        finally
        {
            steps.TryComplete();
        }
    }

    private sealed class StepWriter(ChannelWriter<string> steps) : IProgress<LoadProgress>
    {
        private const double Mega = 1e6;
        private (LoadStep, string) _last;
        private long _told;

        /// <summary>One line for each step of each item, and for each megabyte fetched; while an archive is received the client knows best how far it is.</summary>
        public void Report(LoadProgress value)
        {
            if (value is { Step: LoadStep.Fetching, TotalBytes: { } total })
            {
                if (Math.Abs(value.Bytes - Interlocked.Read(ref _told)) >= Mega || value.Bytes == total)
                {
                    Interlocked.Exchange(ref _told, value.Bytes);
                    steps.TryWrite(string.Create(CultureInfo.InvariantCulture, $"fetched {value.Bytes / Mega:0.0} of {total / Mega:0.0} MB"));
                }

                return;
            }

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
