using System.Globalization;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Pods;
using Insula.Store;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Insulad.Http.Logs;

/// <summary><c>pods/NAME/log</c>.</summary>
internal sealed class LogHandler(IObjectStore store, IPodService pods, LogWatcher watcher, TimeProvider time, CancellationToken stopping)
{
    /// <summary>Of the answer: how often the container had been started before the start that the log is of. Who follows a log knows by it what comes next.</summary>
    private const string RestartCount = "Insula-Restart-Count";

    public async Task GetAsync(ApiRequest request)
    {
        var value = store.Get(request.Key) ?? throw new ApiException(Failures.NotFound("pods", request.Info.Name!));
        var pod = ApiJson.Read<Pod>(value.Json.Span);
        var query = LogQuery.Read(request, time.GetUtcNow());
        var container = ContainerChoice.Choose(pod, query.Container);
        var log = pods.LogFiles(value.Uid, container, query.Previous)
            ?? throw ApiException.BadRequest(query.Previous
                ? $"previous terminated container \"{container}\" in pod \"{pod.Metadata.Name}\" not found"
                : $"container \"{container}\" in pod \"{pod.Metadata.Name}\" is waiting to start: {Waiting(pod, container)}");

        using var end = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted, stopping);
        request.Http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        request.Http.Response.ContentType = "text/plain";
        request.Http.Response.Headers[RestartCount] = log.Attempt.ToString(CultureInfo.InvariantCulture);
        try
        {
            await request.Http.Response.StartAsync(end.Token);
            using var streamer = new LogStreamer(query, watcher);
            await streamer.RunAsync(log, request.Http.Response.Body, end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The client has seen enough, or the daemon stops.
        }
    }

    private static string Waiting(Pod pod, string container) =>
        pod.Status.InitContainerStatuses.Concat(pod.Status.ContainerStatuses).Concat(pod.Status.EphemeralContainerStatuses)
            .FirstOrDefault(s => s.Name == container)?.State.Waiting?.Reason ?? "ContainerCreating";
}
