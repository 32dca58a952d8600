using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Ingresses;
using Insula.Api.Json;
using Insula.Images;
using Insula.Ingresses.Configuration;
using Insula.Ingresses.Model;
using Insula.Pods;
using Insula.Store;
using Insulad.Configuration;
using Insulad.Hosting;
using Insulad.Http;
using Microsoft.Extensions.Logging;

namespace Insulad.Ingresses;

/// <summary>
/// Follows Ingresses and what they depend on, has the proxy's objects be as these want them, and leads its HAProxy to the pods there are. All that is known is
/// in the store and in HAProxy, which goes on while no daemon is there.
/// </summary>
internal sealed partial class IngressController(
    IObjectStore store, IPodService pods, ObjectWriter objects, DeleteHandler deletions, ImageStore images, DaemonOptions options, TimeProvider time, ILogger<IngressController> logger)
    : StoreFollower("following Ingresses", time, logger)
{
    private const int MostThreads = 4;

    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_removal = TimeSpan.FromMilliseconds(500);

    private readonly ProxySettings _settings = new() { Threads = Math.Clamp(Environment.ProcessorCount, 1, MostThreads), HasV6 = options.PodRangeV6 is not null };
    private readonly ProxyInstallation _installation = new(options.HAProxy, logger);
    private readonly EmptyImage _image = new(images);
    private readonly PlaneWriter _plane = new(store, objects, deletions);
    private readonly ObjectEvents _events = new(store, options, time);
    private readonly HashSet<string> _said = [];

    private ProxyDriver? _driver;
    private PendingRead<WatchEvent>? _coming;
    private PendingRead<bool>? _news;
    private DateTimeOffset _looked = DateTimeOffset.MinValue;
    private DateTimeOffset _written = DateTimeOffset.MinValue;
    private bool _cleared;
    private string? _refusal;

    protected override async Task RunAsync(CancellationToken ct)
    {
        await using var driver = _driver = new ProxyDriver(new ProxyLink(pods, _settings, Time), Time, logger);
        var index = new IngressIndex();
        using var watch = store.Follow(change => IngressIndex.Resources.Contains(change.Object!.Key.Resource));
        _coming = new PendingRead<WatchEvent>(watch.Events);
        _news = new PendingRead<bool>(driver.News);
        foreach (var item in store.List(IngressClassStep.Ingresses, null).Items)
        {
            index.Update(item.Key, item);
        }

        index.Fill(store);

        while (await WaitAsync(index, watch, await StepAsync(index, ct), ct))
        {
        }

        // Ends with the exception that ended the watch, if one did.
        await watch.Events.Completion;
    }

    /// <summary>Does what there is to do now; when to look again without a change.</summary>
    private async Task<DateTimeOffset?> StepAsync(IngressIndex index, CancellationToken ct)
    {
        try
        {
            var world = index.World;
            if (world.Ingresses.Count == 0)
            {
                await PublishAsync(index, _ => IngressStatuses.None(), ct);
                return await ClearAsync(ct);
            }

            _cleared = false;
            return await ServeAsync(index, world, ct);
        }
        catch (Exception e) when (e is ApiException or ImageException or InvalidOperationException or StoreException { Error: StoreError.Conflict or StoreError.NotFound or StoreError.AlreadyExists })
        {
            // Refused, somebody else was first, or there is something that no configuration may have. What is served goes on being served.
            _refusal = e is ApiException ? e.Message : null;
            LogRefused(e.Message);
            return Time.GetUtcNow() + s_again;
        }
    }

    private async Task<DateTimeOffset?> ServeAsync(IngressIndex index, IngressWorld world, CancellationToken ct)
    {
        var now = Time.GetUtcNow();
        if (now >= _looked + ProxyInstallation.Interval)
        {
            _installation.Look();
            _looked = now;
        }

        var model = ModelBuilder.Build(world);
        await TellAsync(index, world, model, ct);
        if (_installation.Known is null && !_plane.Exists)
        {
            await PublishAsync(index, tls => IngressStatuses.WithoutProxy(tls), ct);
            return _looked + ProxyInstallation.Interval;
        }

        var proxies = index.Proxies;
        var places = await _driver!.PlacesAsync(proxies, ct);
        var files = ConfigurationWriter.Write(model, _settings, b => Slots.For(b.Endpoints.Count, places.GetValueOrDefault(b.Name)));
        if (await _plane.WriteAsync(files, ct))
        {
            _written = Time.GetUtcNow();
            Failpoint.Hit("ingress.plane.configured");
        }

        _refusal = null;
        await _plane.WriteServiceAsync(options.IngressService, ct);
        if (_installation.Known is { } program)
        {
            await _image.EnsureAsync(ct);
            if (await _plane.WriteDeploymentAsync(program, ct))
            {
                Failpoint.Hit("ingress.plane.deployed");
            }
        }

        await _driver.KeepAsync(proxies);
        _driver.Steer(proxies, new ProxyGoal(files.Digest, model.Backends, _written));

        // Who asks for an address is told one at which it is served.
        if (proxies.FirstOrDefault(p => p is { Ready: true, Ending: false } && _driver.HasReached(p)) is { } serving && _plane.Service is { } stored)
        {
            var service = ApiJson.Read<Service>(stored.Json.Span);
            var balanced = stored.ToDocument()["status"]?["loadBalancer"]?["ingress"] as JsonArray;
            await PublishAsync(index, tls => IngressStatuses.Served(service, balanced, serving.HostAddress, tls), ct);
        }

        return _looked + ProxyInstallation.Interval;
    }

    /// <summary>Has the proxy be gone.</summary>
    private async Task<DateTimeOffset?> ClearAsync(CancellationToken ct)
    {
        if (_cleared)
        {
            return null;
        }

        await _driver!.KeepAsync([]);
        _cleared = await _plane.RemoveAsync(ct) && await _image.RemoveAsync(image => pods.ImagesWanted().Contains(image.Id), ct);
        return _cleared ? null : Time.GetUtcNow() + s_removal;
    }

    private async Task PublishAsync(IngressIndex index, Func<bool, JsonObject> status, CancellationToken ct)
    {
        foreach (var (stored, ingress) in index.All.ToList())
        {
            var wanted = index.IsOurs(ingress) ? status(ingress.Spec.Tls.Count > 0) : IngressStatuses.None();
            if (ingress.Metadata.DeletionTimestamp is not null)
            {
                continue;
            }

            await store.PublishAsync(stored, wanted, ct);
            index.Update(stored.Key, store.Get(stored.Key));
        }
    }

    private async Task TellAsync(IngressIndex index, IngressWorld world, IngressModel model, CancellationToken ct)
    {
        var notes = model.Notes.ToList();
        if (_installation.Known is null)
        {
            notes.AddRange(world.Ingresses.Select(i => new IngressNote(i, "HAProxyMissing", $"HAProxy cannot be used: {_installation.Problem}; install it (apt install haproxy), or say where it is with --haproxy")));
        }

        if (_refusal is { } refusal)
        {
            notes.AddRange(world.Ingresses.Select(i => new IngressNote(i, "NotWritten", $"the configuration cannot be written, and what has changed since is not served: {refusal}")));
        }

        if (_driver!.Refused)
        {
            notes.AddRange(world.Ingresses.Select(i => new IngressNote(i, "NotLoaded", "HAProxy does not take the configuration: what has changed since is not served (`insula logs -n insula-system deploy/insula-ingress`)")));
        }

        var said = new HashSet<string>();
        foreach (var note in notes)
        {
            var key = $"{note.About.Metadata.Uid} {note.Reason} {note.Message}";
            if (said.Add(key) && !_said.Contains(key) && index.Find(note.About) is { } about)
            {
                await _events.TellAsync(about, EventTypes.Warning, note.Reason, note.Message, ct);
            }
        }

        _said.Clear();
        _said.UnionWith(said);
    }

    /// <summary>Takes in what has come; whether it may change what is to be done.</summary>
    private bool Hear(IngressIndex index, ObjectWatch watch)
    {
        var (matters, any) = (false, index.Any);
        while (watch.Events.TryRead(out var change))
        {
            if ((change.Object ?? change.Previous) is { } item && index.Follows(item.Key.Resource))
            {
                // What is there now, not what was then: our own later writes are known already.
                matters |= index.Update(item.Key, store.Get(item.Key));
            }
        }

        if (any != index.Any)
        {
            index.Fill(store);
        }

        return matters;
    }

    /// <summary>Waits until something has changed that matters, or it is time; false when the watch has ended.</summary>
    private async Task<bool> WaitAsync(IngressIndex index, ObjectWatch watch, DateTimeOffset? until, CancellationToken ct)
    {
        while (true)
        {
            if (Hear(index, watch))
            {
                return true;
            }

            var wait = until is { } time ? time - Time.GetUtcNow() : Timeout.InfiniteTimeSpan;
            if (until is not null && wait <= TimeSpan.Zero)
            {
                return true;
            }

            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var heard = _coming!.WaitAsync();
            var first = await Task.WhenAny(heard, _news!.WaitAsync(), Task.Delay(wait, Time, waiting.Token));
            if (first == heard && !await heard)
            {
                return false;
            }

            await waiting.CancelAsync();
            ct.ThrowIfCancellationRequested();
            if (_driver!.News.TryRead(out _))
            {
                return true;
            }
        }
    }

    [LoggerMessage(3, LogLevel.Warning, "Ingresses: {Reason}; it is tried again")]
    private partial void LogRefused(string reason);
}
