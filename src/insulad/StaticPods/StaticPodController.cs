using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Api.Pods;
using Insula.Linux;
using Insula.Linux.Events;
using Insula.Store;
using Insulad.Configuration;
using Insulad.Hosting;
using Insulad.Http;
using Insulad.Http.Strategies;
using Microsoft.Extensions.Logging;

namespace Insulad.StaticPods;

/// <summary>
/// Keeps the pods of a directory's manifests. What a file asks for is made, by the way of everybody's requests; what none asks for any more ends; what was changed
/// ends and is made anew. A file that cannot be taken hurts nobody: the pods that it last asked for go on.
/// </summary>
internal sealed partial class StaticPodController(
    IObjectStore store, ObjectWriter writer, DeleteHandler deletions, EventLoop? events, DaemonOptions options, TimeProvider time, ILogger<StaticPodController> logger)
    : StoreFollower("keeping static pods", time, logger)
{
    /// <summary>What no event tells (a mount over the directory, a link of a link), and what was refused, is looked at again; the kubelet's figure.</summary>
    private static readonly TimeSpan s_resync = TimeSpan.FromSeconds(20);

    /// <summary>A directory that is replaced is away for a moment.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly ResourceStrategy _pods = StrategyTable.Of("pods");
    private readonly ObjectEvents _events = new(store, options, time);
    private readonly Dictionary<string, IReadOnlyList<StaticPod>> _last = [];
    private Dictionary<string, string> _problems = [];
    private Dictionary<string, string> _before = [];
    private DateTimeOffset? _missing;

    protected override async Task RunAsync(CancellationToken ct)
    {
        if (options.StaticPods is not { } path || events is null)
        {
            // An earlier daemon may have had some.
            await KeepAsync([], ct);
            await Task.Delay(Timeout.InfiniteTimeSpan, Time, ct);
            return;
        }

        var directory = new StaticPodDirectory(path, options.NodeName);
        try
        {
            await FollowAsync(directory, events, ct);
        }
        catch (Exception e) when (e is LinuxException or IOException or UnauthorizedAccessException)
        {
            // The kernel has no inotify instance to give, most likely: the pods are the directory's all the same, only later.
            LogUnwatched(directory.Path, e.Message);
            await LookAsync(directory, null, ct);
            await Task.Delay(s_resync, Time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(StaticPodDirectory directory, EventLoop events, CancellationToken ct)
    {
        using var watch = new StaticPodWatch(Time);
        using var pods = store.Watch("pods", null, null);
        using var namespaces = store.Watch("namespaces", null, null);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task? files = null;
        Task<bool>? ofPods = null;
        Task<bool>? ofNamespaces = null;
        try
        {
            while (true)
            {
                await LookAsync(directory, watch, ct);
                bool matters;
                do
                {
                    files ??= watch.ChangedAsync(events, ending.Token);
                    ofPods ??= pods.Events.WaitToReadAsync(ending.Token).AsTask();
                    ofNamespaces ??= namespaces.Events.WaitToReadAsync(ending.Token).AsTask();
                    using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ct);
                    var late = Task.Delay(Wait(watch), Time, waiting.Token);
                    await Task.WhenAny(files, ofPods, ofNamespaces, late);
                    ct.ThrowIfCancellationRequested();
                    matters = late.IsCompleted;
                    await waiting.CancelAsync();
                    if (files.IsCompleted)
                    {
                        await files;
                        files = null;
                        matters |= watch.Take();
                    }

                    // A pod that has gone makes room for its successor, and a namespace that has come for its pods.
                    matters |= await TakeAsync(ofPods, pods, e => e.Type == WatchEventType.Deleted);
                    matters |= await TakeAsync(ofNamespaces, namespaces, e => e.Type == WatchEventType.Added);
                    ofPods = ofPods.IsCompleted ? null : ofPods;
                    ofNamespaces = ofNamespaces.IsCompleted ? null : ofNamespaces;
                }
                while (!matters);
            }
        }
        finally
        {
            await ending.CancelAsync();
            await Task.WhenAll(files ?? Task.CompletedTask, ofPods ?? Task.CompletedTask, ofNamespaces ?? Task.CompletedTask)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<bool> TakeAsync(Task<bool> waiting, ObjectWatch watch, Func<WatchEvent, bool> isWanted)
    {
        if (!waiting.IsCompleted)
        {
            return false;
        }

        await waiting;
        var any = false;
        while (watch.Events.TryRead(out var happened))
        {
            any |= isWanted(happened);
        }

        return any;
    }

    private TimeSpan Wait(StaticPodWatch watch)
    {
        var now = Time.GetUtcNow();
        var wait = s_resync;
        foreach (var at in (DateTimeOffset?[])[watch.Rested, _missing + s_patience])
        {
            wait = at is { } then && then - now < wait ? then - now : wait;
        }

        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }

    private async Task LookAsync(StaticPodDirectory directory, StaticPodWatch? watch, CancellationToken ct)
    {
        _before = _problems;
        _problems = [];
        IReadOnlyList<string> names = [];
        try
        {
            // Watched first, then read: what changes in between is seen once more.
            do
            {
                names = directory.Exists ? directory.Names() : [];
            }
            while (watch?.Follow(directory.Path, names.Select(n => Path.Combine(directory.Path, n))) == true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await TellAsync(directory.Path, $"the directory cannot be read: {e.Message}", ct);
            return;
        }

        if (directory.Exists)
        {
            _missing = null;
        }
        else if (File.Exists(directory.Path))
        {
            await TellAsync(directory.Path, "it is no directory", ct);
            return;
        }
        else
        {
            _missing ??= Time.GetUtcNow();
            if (Time.GetUtcNow() < _missing + s_patience)
            {
                return;
            }
        }

        await KeepAsync(
            [.. names.Select(n => IsBeingWritten(n) ? new StaticPodFile(n, null) : directory.Read(n)).OfType<StaticPodFile>()],
            ct);

        bool IsBeingWritten(string name) =>
            watch?.IsBeingWritten(directory.Target(name) ?? "") == true || watch?.IsBeingWritten(Path.Combine(directory.Path, name)) == true;
    }

    private async Task KeepAsync(IReadOnlyList<StaticPodFile> files, CancellationToken ct)
    {
        foreach (var file in files)
        {
            if (file.Problem is { } problem)
            {
                await TellAsync(file.Name, problem, ct);
            }

            if (file.Pods is { } asked)
            {
                _last[file.Name] = asked;
            }
        }

        foreach (var gone in _last.Keys.Except(files.Select(f => f.Name)).ToList())
        {
            _last.Remove(gone);
        }

        var stored = store.List("pods", null).Items.Where(o => StaticPodUid.Is(o.Uid) && o.ToDocument()["metadata"]!["deletionTimestamp"] is null).ToDictionary(o => o.Key);
        var known = files.ToLookup(f => _last.ContainsKey(f.Name), f => f.Name);
        var plan = StaticPodPlan.Make([.. known[true].Select(name => (name, _last[name]))], [.. known[false]], stored.ToDictionary(o => o.Key, o => o.Value.Uid));
        foreach (var (file, problem) in plan.Problems)
        {
            await TellAsync(file, problem, ct);
        }

        foreach (var key in plan.Unwanted)
        {
            await EndAsync(stored[key], "no file asks for it any more", ct);
        }

        foreach (var pod in stored.Values)
        {
            if (plan.Wanted.TryGetValue(pod.Key, out var now) && StaticPodIdentity.HashIn(pod.ToDocument()) != now.Pod.Hash && await IsAcceptableAsync(now.Pod, now.File, ct))
            {
                await EndAsync(pod, $"{now.File} has changed", ct);
            }
        }

        foreach (var (key, (pod, file)) in plan.Wanted)
        {
            if (store.Get(key) is not { } current)
            {
                await MakeAsync(pod, file, ct);
            }
            else if (!StaticPodUid.Is(current.Uid))
            {
                await TellAsync(file, $"the pod {key.Namespace}/{key.Name} is there already, and not from a file", ct);
            }
        }
    }

    private async Task MakeAsync(StaticPod pod, string file, CancellationToken ct)
    {
        var document = pod.Document.DeepClone().AsObject();
        document["metadata"]!["annotations"]![StaticPodIdentity.Seen] = TimeConverter.Format(Time.GetUtcNow());
        try
        {
            await writer.CreateObjectAsync(Request(pod, file, dryRun: false, ct), document);
            LogMade(pod.Key.Namespace, pod.Key.Name, file);
        }
        catch (ApiException e) when (e.Status.Reason == StatusReasons.AlreadyExists)
        {
            // Somebody else was first: seen at the next look.
        }
        catch (Exception e) when (e is not OperationCanceledException and not StoreException)
        {
            // Most often an ApiException that says what is wrong; whatever else it is, it ends with this pod.
            await TellAsync(file, e.Message, ct);
        }
    }

    // Before what runs is ended for it.
    private async Task<bool> IsAcceptableAsync(StaticPod pod, string file, CancellationToken ct)
    {
        try
        {
            await writer.CreateObjectAsync(Request(pod, file, dryRun: true, ct), pod.Document.DeepClone().AsObject());
            return true;
        }
        catch (ApiException e) when (e.Status.Reason == StatusReasons.AlreadyExists)
        {
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException and not StoreException)
        {
            await TellAsync(file, e.Message, ct);
            return false;
        }
    }

    private async Task EndAsync(StoredObject stored, string why, CancellationToken ct)
    {
        var request = ApiRequest.Internal(_pods, stored.Key.Namespace, stored.Key.Name, ct);
        try
        {
            await deletions.DeleteAsync(request, stored.Key, new DeleteOptions(null, stored.Uid, null, DryRun: false, Finalizer: null));
            LogEnded(stored.Key.Namespace, stored.Key.Name, why);
        }
        catch (ApiException e) when (e.Status.Code is 404 or 409)
        {
            // Gone already, or another one by now.
        }
    }

    private ApiRequest Request(StaticPod pod, string file, bool dryRun, CancellationToken ct)
    {
        var request = ApiRequest.Internal(_pods, pod.Key.Namespace, null, ct, dryRun);
        request.Uid = StaticPodUid.New(file);
        return request;
    }

    // Once, until it is another problem or has been none.
    private async Task TellAsync(string file, string problem, CancellationToken ct)
    {
        var isNew = !_before.TryGetValue(file, out var told) || !told.Split('\n').Contains(problem);
        _problems[file] = _problems.TryGetValue(file, out var others) ? $"{others}\n{problem}" : problem;
        if (isNew)
        {
            LogProblem(file, problem);
            await _events.TellOfMachineAsync(EventTypes.Warning, "FailedStaticPod", $"{file}: {problem}", ct);
        }
    }

    [LoggerMessage(1, LogLevel.Information, "static pod {Namespace}/{Name} of {File} is made")]
    private partial void LogMade(string @namespace, string name, string file);

    [LoggerMessage(2, LogLevel.Information, "static pod {Namespace}/{Name} ends: {Why}")]
    private partial void LogEnded(string @namespace, string name, string why);

    [LoggerMessage(4, LogLevel.Warning, "static pods: {Directory} cannot be watched, and is looked at every 20 s: {Reason}")]
    private partial void LogUnwatched(string directory, string reason);

    [LoggerMessage(3, LogLevel.Warning, "static pods: {File}: {Problem}")]
    private partial void LogProblem(string file, string problem);
}
