using System.Text.Json.Nodes;
using Insula.Api.Kinds;
using Insula.Api.Meta;
using Insula.Api.Pods;
using Insula.Pods.Timing;
using Insulad.Disruptions;
using Insulad.Http.Exec;
using Insulad.Http.Extra;
using Insulad.Http.Logs;
using Insulad.Http.PortForward;
using Insulad.Http.Strategies;
using Insulad.Metrics;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Insulad.Http;

/// <summary>The API: takes a request apart, sends it to its handler, and turns what goes wrong into a Status.</summary>
internal sealed partial class ApiServer(
    ObjectReader reader,
    ObjectWriter writer,
    PatchHandler patches,
    DeleteHandler deletions,
    WatchHandler watches,
    LogHandler logs,
    ExecHandler execs,
    PortForwardHandler forwards,
    ScaleHandler scales,
    EvictionHandler evictions,
    ExtraHandler extra,
    MetricsHandler metrics,
    MetricsApiHandler use,
    PeerLimits limits,
    ILogger<ApiServer> logger)
{
    /// <summary>Key in a connection's items: it came by the read-only socket.</summary>
    public static readonly object ReadOnlyConnection = new();

    /// <summary>Key in a connection's items: it came by the door for metrics, which shows nothing else.</summary>
    public static readonly object MetricsConnection = new();

    public async Task HandleAsync(HttpContext context)
    {
        var info = RequestInfo.Parse(context.Request.Path.Value ?? "");
        try
        {
            await RouteAsync(context, info);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone; there is nobody to answer.
        }
        catch (Exception e)
        {
            var status = ErrorMapping.ToStatus(e, info);
            if (status is null || context.Response.HasStarted)
            {
                // Also what the client would be told, once it cannot be told any more.
                LogFailure(context.Request.Method, context.Request.Path.Value ?? "", e);
                status ??= Failures.Internal(e.Message);
            }

            if (context.Response.HasStarted)
            {
                context.Abort();
                return;
            }

            context.Response.Headers.Remove("Content-Length");
            await Responses.WriteAsync(context, status);
        }
    }

    private static bool CameBy(object door, HttpContext context) => context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(door) ?? false;

    private async Task RouteAsync(HttpContext context, RequestInfo? info)
    {
        var path = context.Request.Path.Value ?? "";
        var method = context.Request.Method;
        if (path == MetricsHandler.Path && method == "GET")
        {
            await metrics.GetAsync(context);
            return;
        }

        if (CameBy(MetricsConnection, context))
        {
            throw new ApiException(Failures.NoSuchResource() with { Message = $"there is {MetricsHandler.Path} here, and nothing else" });
        }

        var readOnly = CameBy(ReadOnlyConnection, context);
        if (readOnly && method is not "GET")
        {
            Audit(context, method.ToLowerInvariant());
            throw new ApiException(Failures.Of(StatusReasons.Forbidden, "this socket is read-only: changes go through the daemon's main socket"));
        }

        if (path is "/healthz" or "/livez" or "/readyz")
        {
            await Responses.WriteTextAsync(context, 200, "ok");
            return;
        }

        if (path.StartsWith(ExtraGroup.Prefix, StringComparison.Ordinal))
        {
            if (method != "GET")
            {
                Audit(context, method == "POST" ? "load" : "delete");
            }

            var moves = method == "POST" || path == $"{ExtraGroup.Prefix}images:save";
            if (readOnly && moves)
            {
                throw new ApiException(Failures.Forbidden("images", "", "this socket is read-only and gives out no images"));
            }

            using var held = moves ? limits.Enter(Peer.Of(context)) : null;
            await extra.HandleAsync(context, path[ExtraGroup.Prefix.Length..]);
            return;
        }

        if (MetricsApiHandler.Serves(info))
        {
            await use.GetAsync(context, info!);
            return;
        }

        if (Discovery.Find(path) is { } document)
        {
            if (method != "GET")
            {
                throw NotAllowed();
            }

            await Responses.WriteAsync(context, 200, document);
            return;
        }

        if (readOnly && info is not null)
        {
            CheckReadable(info);
        }

        if (info is null || StrategyTable.Find(info.Group, info.Version, info.Resource) is not { } strategy)
        {
            throw new ApiException(NoSuch(info));
        }

        await DispatchAsync(new ApiRequest(context, info, strategy), method);
    }

    /// <summary>
    /// What the read-only socket shows is a list of what is harmless: a GET can start a command in a container, and
    /// subresources that come later are not to slip through.
    /// </summary>
    private static void CheckReadable(RequestInfo info)
    {
        if (info.Resource == "secrets")
        {
            throw new ApiException(Failures.Forbidden("secrets", info.Name ?? "", "this socket is read-only and shows no secrets"));
        }

        if (info.Subresource is not (null or "status" or "scale" or "log"))
        {
            throw new ApiException(Failures.Forbidden(
                info.Resource, info.Name!, $"this socket is read-only: {info.Subresource} goes through the daemon's main socket"));
        }
    }

    /// <summary>404, with the reason when it is a resource of Kubernetes that is not served.</summary>
    private static Status NoSuch(RequestInfo? info) =>
        info is not null && KindTable.FindResource(info.Group, info.Version, info.Resource) is { } kind
            ? Failures.NoSuchResource() with { Message = $"the server could not find the requested resource: {kind.QualifiedPlural} are refused: {kind.Reason}" }
            : Failures.NoSuchResource();

    private static ApiException NotAllowed() =>
        new(Failures.Of(StatusReasons.MethodNotAllowed, "the server does not allow this method on the requested resource"));

    private Task DispatchAsync(ApiRequest request, string method)
    {
        var info = request.Info;
        if (info.Namespace is not null && !request.Kind.Namespaced)
        {
            throw new ApiException(Failures.NoSuchResource());
        }

        if (info.Name is null)
        {
            return DispatchCollectionAsync(request, method);
        }

        if (info.Namespace is null && request.Kind.Namespaced)
        {
            throw new ApiException(Failures.NoSuchResource());
        }

        if (info.Subresource is not null && !request.Strategy.Subresources.Any(s => s.Name == info.Subresource))
        {
            throw new ApiException(Failures.NoSuchResource());
        }

        return (method, info.Subresource) switch
        {
            ("GET", "log") => LogAsync(request),
            ("GET" or "POST", "exec") => StreamAsync(request, "exec", execs.ExecAsync),
            ("GET" or "POST", "attach") => StreamAsync(request, "attach", execs.AttachAsync),
            ("GET" or "POST", "copy") => StreamAsync(request, "copy", execs.CopyAsync),
            ("GET" or "POST", "portforward") => StreamAsync(request, "portforward", forwards.ForwardAsync),
            ("GET", null) when request.Flag("watch") => WatchAsync(request),
            ("GET", null or "status" or EphemeralUpdate.Subresource or ResizeUpdate.Subresource) => reader.GetAsync(request),
            ("PUT", null or "status" or EphemeralUpdate.Subresource or ResizeUpdate.Subresource) => UpdateAsync(request),
            ("PATCH", null or "status" or EphemeralUpdate.Subresource or ResizeUpdate.Subresource) => Audited(request, "patch", patches.PatchAsync),
            ("POST", "eviction") => Audited(request, "evict", async r =>
                await evictions.EvictAsync(r, RequestBody.Object(await RequestBody.ReadDocumentAsync(r.Http.Request, r.Aborted)))),
            ("GET", "scale") => scales.GetAsync(request),
            ("PUT", "scale") => Audited(request, "update", async r =>
                await scales.UpdateAsync(r, RequestBody.Object(await RequestBody.ReadDocumentAsync(r.Http.Request, r.Aborted)))),
            ("PATCH", "scale") => Audited(request, "patch", scales.PatchAsync),
            ("DELETE", null) => Audited(request, "delete", async r => await deletions.DeleteAsync(r, await ReadOptionsAsync(r))),
            _ => throw NotAllowed(),
        };
    }

    private Task DispatchCollectionAsync(ApiRequest request, string method) => method switch
    {
        "GET" when request.Flag("watch") => WatchAsync(request),
        "GET" => reader.ListAsync(request),
        "POST" when request.Info.Namespace is not null || !request.Kind.Namespaced => Audited(request, "create", async r =>
            await writer.CreateAsync(r, RequestBody.Object(await RequestBody.ReadDocumentAsync(r.Http.Request, r.Aborted)))),
        "DELETE" when request.Info.Namespace is not null || !request.Kind.Namespaced => Audited(request, "deletecollection", async r =>
            await deletions.DeleteCollectionAsync(r, await ReadOptionsAsync(r))),
        _ => throw NotAllowed(),
    };

    private Task UpdateAsync(ApiRequest request) => Audited(request, "update", async r =>
        await writer.UpdateAsync(r, RequestBody.Object(await RequestBody.ReadDocumentAsync(r.Http.Request, r.Aborted))));

    private static async Task<JsonObject?> ReadOptionsAsync(ApiRequest request)
    {
        var body = await RequestBody.ReadAsync(request.Http.Request, request.Aborted);
        return body.Length == 0 ? null : RequestBody.Object(RequestBody.Parse(body, RequestBody.ContentType(request.Http.Request) is "application/yaml"));
    }

    private async Task WatchAsync(ApiRequest request)
    {
        Audit(request.Http, "watch");
        using var held = limits.Enter(Peer.Of(request.Http));
        await watches.WatchAsync(request);
    }

    private async Task LogAsync(ApiRequest request)
    {
        Audit(request.Http, "log");
        using var held = limits.Enter(Peer.Of(request.Http));

        // Somebody who holds a terminal reads slowly and is right to.
        if (request.Http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        await logs.GetAsync(request);
    }

    private async Task StreamAsync(ApiRequest request, string verb, Func<ApiRequest, Task> handle)
    {
        Audit(request.Http, verb);
        using var held = limits.Enter(Peer.Of(request.Http));
        await handle(request);
    }

    private async Task Audited(ApiRequest request, string verb, Func<ApiRequest, Task> handle)
    {
        Audit(request.Http, verb);
        using var whole = PodTracing.Step("request");
        await handle(request);
    }

    /// <summary>Writes the audit line once the code is decided, before anything of the answer is sent.</summary>
    private void Audit(HttpContext context, string verb)
    {
        var peer = Peer.Of(context);
        var path = context.Request.Path.Value ?? "";
        var told = 0;
        context.Response.OnStarting(Tell);
        // Who hangs up gets no answer, but what was asked for may be done all the same.
        context.Response.OnCompleted(Tell);

        Task Tell()
        {
            if (Interlocked.Exchange(ref told, 1) == 0)
            {
                LogAudit(peer.Uid, peer.Pid, verb, path, context.Response.StatusCode, AuditNotes.Of(context));
            }

            return Task.CompletedTask;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "audit uid={Uid} pid={Pid} {Verb} {Path} {Code}{Notes}")]
    private partial void LogAudit(uint uid, int pid, string verb, string path, int code, string notes);

    [LoggerMessage(2, LogLevel.Error, "{Method} {Path} failed")]
    private partial void LogFailure(string method, string path, Exception exception);
}
