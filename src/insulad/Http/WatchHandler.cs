using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Store;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Insulad.Http;

/// <summary>
/// watch: one JSON object per line, <c>{"type":…,"object":…}</c>. An object that begins or ceases to match the
/// selectors is ADDED or DELETED for this watcher, as in Kubernetes.
/// </summary>
internal sealed class WatchHandler(IObjectStore store, TimeProvider time, CancellationToken stopping)
{
    private static readonly TimeSpan BookmarkInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(45);

    public async Task WatchAsync(ApiRequest request)
    {
        var table = Negotiation.WantsTable(request.Http.Request);
        var selection = new Selection(request);
        var timeout = request.Number("timeoutSeconds") is > 0 and var seconds ? TimeSpan.FromSeconds(Math.Min(seconds, 86_400)) : DefaultTimeout;
        var bookmarks = request.Flag("allowWatchBookmarks");
        var sendInitial = request.Flag("sendInitialEvents");
        var resource = request.Kind.QualifiedPlural;
        var ns = request.Kind.Namespaced ? request.Info.Namespace : null;
        var since = Version(request.Query("resourceVersion"));
        ListResult? initial = since is null or 0 || sendInitial ? store.List(resource, ns) : null;
        using var watch = store.Watch(resource, ns, initial?.ResourceVersion ?? since);

        using var end = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted, stopping);
        using var deadline = time.CreateTimer(_ => end.Cancel(), null, timeout, Timeout.InfiniteTimeSpan);
        using var bookmarkTimer = bookmarks
            ? time.CreateTimer(_ => watch.RequestBookmark(), null, BookmarkInterval, BookmarkInterval)
            : null;
        request.Http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        request.Http.Response.ContentType = Responses.Json;
        var writer = new EventWriter(request, table, time);
        try
        {
            // The headers go out at once: the client knows that it watches before the first event.
            await request.Http.Response.StartAsync(end.Token);
            await request.Http.Response.Body.FlushAsync(end.Token);
            foreach (var item in initial?.Items ?? [])
            {
                if (selection.Matches(item))
                {
                    writer.Write("ADDED", item);
                }
            }

            if (sendInitial && initial is not null)
            {
                writer.Bookmark(initial.ResourceVersion, initialEventsEnd: true);
            }

            await writer.FlushAsync(end.Token);
            await foreach (var change in watch.Events.ReadAllAsync(end.Token))
            {
                Write(writer, selection, change);

                // Events that wait already go in one piece; the client is not kept waiting for more.
                if (!watch.Events.TryPeek(out _))
                {
                    await writer.FlushAsync(end.Token);
                }
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // Time is up, the client went, or the daemon stops: a watch ends without a word.
        }
        catch (StoreException e) when (e.Error == StoreError.SlowWatcher)
        {
            writer.Error(Failures.Expired(e.Message));
            await writer.FlushAsync(request.Aborted);
        }
    }

    private static long? Version(string? text) => string.IsNullOrEmpty(text) ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version
        : throw ApiException.BadRequest($"invalid resource version: {text}");

    private static void Write(EventWriter writer, Selection selection, WatchEvent change)
    {
        if (change.Object is null)
        {
            writer.Bookmark(change.ResourceVersion, initialEventsEnd: false);
            return;
        }

        var before = change.Previous is { } previous && selection.Matches(previous);
        var after = change.Type != WatchEventType.Deleted && selection.Matches(change.Object);
        switch (before, after)
        {
            case (false, true):
                writer.Write("ADDED", change.Object);
                break;
            case (true, true):
                writer.Write("MODIFIED", change.Object);
                break;
            case (true, false):
                writer.Write("DELETED", change.Object);
                break;
            default:
                break;
        }
    }

    private sealed class EventWriter(ApiRequest request, bool table, TimeProvider time)
    {
        private readonly System.IO.Pipelines.PipeWriter _output = request.Http.Response.BodyWriter;
        private bool _columns = true;

        public void Write(string type, StoredObject value)
        {
            if (table)
            {
                var metadata = new ListMeta { ResourceVersion = value.ResourceVersion.ToString(CultureInfo.InvariantCulture) };
                var rows = ObjectReader.Print(request, [value], metadata, time.GetUtcNow());
                Write(type, ApiJson.ToUtf8(_columns ? rows : rows with { ColumnDefinitions = [] }));
                _columns = false;
            }
            else
            {
                Write(type, value.Json.Span);
            }
        }

        public void Bookmark(long version, bool initialEventsEnd)
        {
            var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture), ["creationTimestamp"] = null };
            if (initialEventsEnd)
            {
                metadata["annotations"] = new JsonObject { ["k8s.io/initial-events-end"] = "true" };
            }

            Write("BOOKMARK", Responses.ToUtf8(new JsonObject
            {
                ["kind"] = request.Kind.Kind,
                ["apiVersion"] = request.Kind.ApiVersion,
                ["metadata"] = metadata,
            }));
        }

        public void Error(Status status) => Write("ERROR", ApiJson.ToUtf8(status));

        public async Task FlushAsync(CancellationToken ct) => await _output.FlushAsync(ct);

        private void Write(string type, ReadOnlySpan<byte> value)
        {
            using (var writer = new Utf8JsonWriter(_output, new JsonWriterOptions { SkipValidation = true }))
            {
                writer.WriteStartObject();
                writer.WriteString("type", type);
                writer.WritePropertyName("object");
                writer.WriteRawValue(value, skipInputValidation: true);
                writer.WriteEndObject();
            }

            _output.Write("\n"u8);
        }
    }
}
