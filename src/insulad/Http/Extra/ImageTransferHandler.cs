using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Insula.Api.Meta;
using Insula.Images;
using Insula.Images.Registry;
using Insula.Pods;
using Insulad.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Insulad.Http.Extra;

/// <summary>Brings images: from an archive, from a registry. What is done is told line by line.</summary>
internal sealed class ImageTransferHandler(ImageStore images, IPodService pods, DaemonOptions options)
{
    private const int MostOfCredential = 64 << 10;
    private readonly CredentialFile _machine = new(options.RegistryAuth);

    /// <summary>
    /// Takes an archive of any size. Answers lines of JSON: <c>{"progress":TEXT,"layer":DIGEST,"step":STEP,"bytes":N,"total":N}</c>, then
    /// <c>{"loaded":NAME,…}</c> for each image or <c>{"error":TEXT}</c>.
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

        var credential = await ReadCredentialAsync(context);
        var domain = ImageReference.Parse(reference).Domain;
        var access = new RegistryAccess
        {
            HostsDirectory = options.RegistryHosts,
            PlainHttp = context.Request.Query["plainHttp"] is ["true"],

            // What the client brings is for this registry, and not for its mirrors.
            Credentials = async (registry, repository, ct) => credential is not null && registry == domain ? [credential] : await _machine.FindAsync(registry, repository, ct),
        };
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
        var steps = Channel.CreateBounded<JsonObject>(new BoundedChannelOptions(64) { FullMode = BoundedChannelFullMode.DropOldest });
        var load = Task.Run(() => CompleteAsync(begin(new StepWriter(steps.Writer)), steps.Writer));
        context.Response.ContentType = Responses.Json;
        await foreach (var step in steps.Reader.ReadAllAsync(context.RequestAborted))
        {
            await WriteLineAsync(context, step);
        }

        try
        {
            foreach (var loaded in await load)
            {
                var line = ImagesHandler.ToJson(loaded.Image);
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

    private static async Task WriteLineAsync(HttpContext context, JsonObject line)
    {
        await context.Response.Body.WriteAsync((byte[])[.. Responses.ToUtf8(line), (byte)'\n'], context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    private static async Task<IReadOnlyList<LoadedImage>> CompleteAsync(Task<IReadOnlyList<LoadedImage>> work, ChannelWriter<JsonObject> steps)
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

    private sealed class StepWriter(ChannelWriter<JsonObject> steps) : IProgress<LoadProgress>
    {
        private const double Mega = 1e6;
        private readonly Lock _lock = new();
        private readonly Dictionary<string, long> _told = [];
        private (LoadStep, string) _last;

        /// <summary>One line for each step of each layer, and for each megabyte of one that is fetched; while an archive is received the client knows best
        /// how far it is.</summary>
        public void Report(LoadProgress value)
        {
            lock (_lock)
            {
                if (value.Step == LoadStep.Receiving || !IsNews(value))
                {
                    return;
                }

                _last = (value.Step, value.Item);
                var (step, text) = value.Step switch
                {
                    LoadStep.Fetching => ("fetching", string.Create(
                        CultureInfo.InvariantCulture, $"{value.Item}: fetched {value.Bytes / Mega:0.0} of {(value.TotalBytes ?? value.Bytes) / Mega:0.0} MB")),
                    LoadStep.Unpacking => ("unpacking", $"unpacking {value.Item}"),
                    LoadStep.Present => ("present", $"already present: {value.Item}"),
                    _ => ("recording", "recording"),
                };
                JsonObject line = new() { ["progress"] = text, ["step"] = step };
                if (value.Item.Length > 0)
                {
                    (line["layer"], line["bytes"], line["total"]) = (value.Item, value.Bytes, value.TotalBytes);
                }

                steps.TryWrite(line);
            }
        }

        private bool IsNews(LoadProgress value)
        {
            if (value.Step is not (LoadStep.Fetching or LoadStep.Unpacking))
            {
                return _last != (value.Step, value.Item);
            }

            var key = $"{value.Step} {value.Item}";
            if (_told.TryGetValue(key, out var before) && Math.Abs(value.Bytes - before) < Mega && value.Bytes != value.TotalBytes)
            {
                return false;
            }

            _told[key] = value.Bytes;
            return true;
        }
    }
}
