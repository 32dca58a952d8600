using Insula.Api.Meta;
using Microsoft.AspNetCore.Http;

namespace Insulad.Http.Extra;

/// <summary>The group <c>insula.dev/v1</c>: <c>images</c>, <c>images:load</c>, <c>images:pull</c>, <c>images:save</c>, <c>images:pin</c>, <c>images:prune</c>, <c>podstats</c>, <c>podtimings</c>, <c>system</c>.</summary>
internal sealed class ExtraHandler(ImagesHandler images, ImageTransferHandler transfers, StatsHandler stats, TimingsHandler timings, SystemHandler system)
{
    public Task HandleAsync(HttpContext context, string path)
    {
        var method = context.Request.Method;
        if (RequestInfo.Parse(context.Request.Path.Value ?? "") is { Resource: StatsHandler.Resource or TimingsHandler.Resource, Subresource: null } info)
        {
            return method != "GET" ? throw NotAllowed()
                : info.Resource == StatsHandler.Resource ? stats.GetAsync(context, info)
                : timings.GetAsync(context, info);
        }

        return path switch
        {
            "images" when method == "GET" => images.ListAsync(context),
            "images:load" when method == "POST" => transfers.LoadAsync(context),
            "images:pull" when method == "POST" => transfers.PullAsync(context),
            "images:save" when method == "GET" => images.SaveAsync(context),
            "images:pin" when method == "POST" => images.PinAsync(context),
            "images:prune" when method == "POST" => images.PruneAsync(context),
            "system" when method == "GET" => system.GetAsync(context),

            // References contain slashes: they come percent-encoded as one segment, or as they are.
            _ when method == "DELETE" && path.StartsWith("images/", StringComparison.Ordinal) && path.Length > 7 =>
                images.RemoveAsync(context, Uri.UnescapeDataString(path[7..])),
            _ when method == "GET" && path.StartsWith("images/", StringComparison.Ordinal) && path.Length > 7 =>
                images.ShowAsync(context, Uri.UnescapeDataString(path[7..])),
            "images" or "images:load" or "images:pull" or "images:save" or "images:pin" or "images:prune" or "system" => throw NotAllowed(),
            _ => throw new ApiException(Failures.NoSuchResource()),
        };
    }

    private static ApiException NotAllowed() =>
        new(Failures.Of(StatusReasons.MethodNotAllowed, "the server does not allow this method on the requested resource"));
}
