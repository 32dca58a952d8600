using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Images;
using Insula.Pods;
using Insula.Pods.Images;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Insulad.Http.Extra;

/// <summary>The images there are: list, show, pin, remove.</summary>
internal sealed class ImagesHandler(ImageStore images, IPodService pods, ImageCollector collector)
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

    /// <summary>Everything that is known of one.</summary>
    public Task ShowAsync(HttpContext context, string reference)
    {
        var image = images.Resolve(reference) ?? throw new ApiException(Failures.NotFound("images", reference));
        var shown = ToJson(image);
        shown["digests"] = Texts(image.Digests);
        shown["pulled"] = Texts(image.Pulled);
        shown["layers"] = new JsonArray([.. image.Layers.Select(l => (JsonNode)new JsonObject { ["diffID"] = l.DiffId, ["size"] = l.Size, ["shared"] = l.IsShared })]);
        shown["config"] = new JsonObject
        {
            ["user"] = image.Config.User,
            ["workingDir"] = image.Config.WorkingDir,
            ["entrypoint"] = Texts(image.Config.Entrypoint),
            ["cmd"] = Texts(image.Config.Cmd),
            ["env"] = Texts(image.Config.Env),
            ["exposedPorts"] = Texts(image.Config.ExposedPorts),
            ["volumes"] = Texts(image.Config.Volumes),
            ["stopSignal"] = image.Config.StopSignal,
            ["labels"] = new JsonObject(image.Config.Labels.Select(l => KeyValuePair.Create(l.Key, (JsonNode?)l.Value))),
        };
        return Responses.WriteAsync(context, 200, shown);
    }

    /// <summary>Gives the images of the query's <c>image</c>s as one archive: <c>application/x-tar</c>, its length announced, cut short where something goes wrong on the way.</summary>
    public async Task SaveAsync(HttpContext context)
    {
        var references = context.Request.Query["image"].OfType<string>().Where(r => r.Length > 0).ToList();
        if (references.Count == 0)
        {
            throw new ApiException(Failures.BadRequest("the query says no image: ?image=REFERENCE"));
        }

        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            // It may be written to where it is slow; who goes away is seen.
            rate.MinDataRate = null;
        }

        using var archive = images.Save(references);
        context.Response.ContentType = "application/x-tar";
        context.Response.ContentLength = archive.Length;
        await archive.WriteAsync(context.Response.Body, context.RequestAborted);
    }

    /// <summary>Has the image of the query's <c>image</c> stay however full the disk is; with <c>pinned=false</c> no longer.</summary>
    public async Task PinAsync(HttpContext context)
    {
        if (context.Request.Query["image"] is not [{ Length: > 0 } reference, ..])
        {
            throw new ApiException(Failures.BadRequest("the query says no image: ?image=REFERENCE"));
        }

        var image = await images.PinAsync(reference, context.Request.Query["pinned"] is not ["false"], context.RequestAborted)
            ?? throw new ApiException(Failures.NotFound("images", reference));
        await Responses.WriteAsync(context, 200, ToJson(image));
    }

    /// <summary>Removes images that no pod uses: those without a name, with <c>all=true</c> the others, too; with <c>dryRun=All</c> none.</summary>
    public async Task PruneAsync(HttpContext context)
    {
        var gone = await collector.PruneAsync(context.Request.Query["all"] is ["true"], context.Request.Query["dryRun"] is ["All"], context.RequestAborted);
        pods.ImagesChanged();
        var items = new JsonArray();
        foreach (var (image, freed) in gone)
        {
            var item = ToJson(image);
            item["freed"] = freed;
            items.Add((JsonNode)item);
        }

        await Responses.WriteAsync(context, 200, new JsonObject { ["kind"] = "ImageList", ["apiVersion"] = "insula.dev/v1", ["metadata"] = new JsonObject(), ["items"] = items });
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

    public static JsonObject ToJson(Image image) => new()
    {
        ["id"] = image.Id,
        ["references"] = Texts(image.References),
        ["digest"] = image.Digest,
        ["size"] = image.Size,
        ["ownSize"] = image.OwnSize,
        ["pinned"] = image.IsPinned,
        ["created"] = image.Created is { } created ? TimeConverter.Format(created) : null,
    };

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode?)JsonValue.Create(t))]);
}
