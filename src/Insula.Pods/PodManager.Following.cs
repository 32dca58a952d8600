using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Pods.Claims;
using Insula.Pods.Configs;
using Insula.Pods.Events;
using Insula.Pods.Eviction;
using Insula.Pods.Images;
using Insula.Pods.Lifecycle;
using Insula.Pods.Workers;
using Insula.Store;

namespace Insula.Pods;

/// <content>How the workers follow the objects.</content>
public sealed partial class PodManager
{
    private PodWorker? Make(StoredObject stored)
    {
        try
        {
            var worker = new PodWorker(_services, stored.Key, ApiJson.Read<Pod>(stored.Json.Span));
            _workers[worker.Uid] = worker;
            return worker;
        }
        catch (System.Text.Json.JsonException e)
        {
            LogUnreadable(_logger, stored.Key.ToString(), e);
            return null;
        }
    }

    private async Task<long> RelistAsync()
    {
        var list = _services.Store.List(Resource, null);
        var there = list.Items.Select(i => i.Uid).ToHashSet();
        foreach (var gone in _workers.Keys.Where(uid => !there.Contains(uid)).ToList())
        {
            await OneAsync(gone, () => EndAsync(gone));
        }

        foreach (var stored in list.Items)
        {
            await OneAsync(stored.Uid, () =>
            {
                Upsert(stored);
                return Task.CompletedTask;
            });
        }

        return list.ResourceVersion;
    }

    // What one pod stumbles over does not keep the others from being looked at.
    private async Task OneAsync(string uid, Func<Task> look)
    {
        try
        {
            await look();
        }
        catch (Exception e)
        {
            LogLook(_logger, uid, e);
        }
    }

    private async Task HandleAsync(WatchEvent change)
    {
        switch (change.Type)
        {
            case WatchEventType.Added or WatchEventType.Modified when change.Object is { } stored:
                Upsert(stored);
                break;
            case WatchEventType.Deleted when (change.Previous ?? change.Object) is { } stored:
                await EndAsync(stored.Uid);
                break;
            default:
                break;
        }
    }

    private void Upsert(StoredObject stored)
    {
        if (_workers.TryGetValue(stored.Uid, out var worker))
        {
            worker.Changed(stored);
        }
        else if (Make(stored) is { } made)
        {
            // Before it begins: what it hears first is whether it may.
            if (Claim(made, hasSandbox: false) is { } claim)
            {
                _services.Scheduler.Add(claim);
            }

            made.Start();
        }
    }

    private async Task EndAsync(string uid)
    {
        if (!_workers.TryRemove(uid, out var worker))
        {
            return;
        }

        _services.Scheduler.Remove(uid);

        // An object removed behind the worker's back still has processes: they are removed as an orphan's.
        var seen = worker.Current.Seen;
        await worker.DisposeAsync();
        _timings.Forget(uid);
        if (seen.Sandbox.Stage != SandboxStage.None || Directory.Exists(worker.Places.Directory))
        {
            _orphans.Remove(uid, seen.Sandbox.Stage == SandboxStage.None ? [] : [worker.Places.SandboxId(seen.Sandbox.Attempt)]);
        }
    }
}
