using System.Threading.Channels;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Network;
using Insula.Network.Balancers;
using Insula.Store;
using Insulad.Configuration;
using Insulad.Hosting;
using Insulad.Services;
using Microsoft.Extensions.Logging;

namespace Insulad.Balancers;

/// <summary>
/// Follows Services of the type LoadBalancer and has their providers give them a way in and take it away again. A finalizer is written before
/// a provider is asked, and removed when it has nothing of the Service left. What fails is tried again, ever more seldom, and at once when
/// something has become free.
/// </summary>
/// <param name="store">Where Services are.</param>
/// <param name="providers">The providers by class.</param>
/// <param name="nodeAddresses">Addresses of this machine at which node ports are.</param>
/// <param name="whenNodeAddressesChange">Calls back whenever they are others, until the process ends.</param>
/// <param name="options">What is configured.</param>
/// <param name="time">The time.</param>
/// <param name="logger">Where to log.</param>
internal sealed partial class BalancerController(
    IObjectStore store, IReadOnlyDictionary<string, ILoadBalancerProvider> providers, Func<IReadOnlyList<string>> nodeAddresses, Action<Action> whenNodeAddressesChange, DaemonOptions options,
    TimeProvider time, ILogger<BalancerController> logger) : StoreFollower("following load balancers", time, logger)
{
    private static readonly TimeSpan s_firstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromMinutes(1);

    private readonly BalancerWriter _writer = new(store);
    private readonly ObjectEvents _events = new(store, options, time);
    private readonly SemaphoreSlim _telling = new(1, 1);
    private readonly Lock _lock = new();
    private readonly Dictionary<ObjectKey, Work> _works = [];
    private readonly Channel<ObjectKey> _due = Channel.CreateUnbounded<ObjectKey>();
    private bool _followsAddresses;

    protected override async Task RunAsync(CancellationToken ct)
    {
        if (!_followsAddresses)
        {
            _followsAddresses = true;
            whenNodeAddressesChange(() => Again(_ => true));
        }

        using var watch = store.Watch(ServiceIndex.Services, null, null);
        var there = store.List(ServiceIndex.Services, null).Items;

        foreach (var item in there)
        {
            Look(item.Key, ct);
        }

        _ = ForgetStraysAsync(ct);
        var events = watch.Events;
        while (true)
        {
            while (events.TryRead(out var change))
            {
                if ((change.Object ?? change.Previous) is { } item)
                {
                    Look(item.Key, ct);
                }
            }

            while (_due.Reader.TryRead(out var key))
            {
                Look(key, ct);
            }

            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(ct);
            var heard = events.WaitToReadAsync(waiting.Token).AsTask();
            var first = await Task.WhenAny(heard, _due.Reader.WaitToReadAsync(waiting.Token).AsTask());
            if (first == heard && !await heard)
            {
                break;
            }

            await waiting.CancelAsync();
            ct.ThrowIfCancellationRequested();
        }

        await events.Completion;
    }

    private static Service Read(StoredObject item) => ApiJson.Read<Service>(item.Json.Span);

    private void Look(ObjectKey key, CancellationToken ct) => _ = LookAsync(key, ct);

    /// <summary>Has a Service seen to; one that is being seen to is looked at once more afterwards.</summary>
    private Task LookAsync(ObjectKey key, CancellationToken ct)
    {
        lock (_lock)
        {
            if (!_works.TryGetValue(key, out var work))
            {
                if (store.Get(key) is not { } item || BalancerDecision.Of(Read(item), options.BalancerOf).Act == BalancerAct.Nothing)
                {
                    return Task.CompletedTask;
                }

                _works[key] = work = new Work();
            }

            work.IsDue = true;
            return work.IsRunning ? Task.CompletedTask : WorkAsync(key, work, ct);
        }
    }

    private async Task WorkAsync(ObjectKey key, Work work, CancellationToken ct)
    {
        work.IsRunning = true;
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (true)
        {
            lock (_lock)
            {
                if (!work.IsDue || ct.IsCancellationRequested)
                {
                    work.IsRunning = false;
                    return;
                }

                work.IsDue = false;
            }

            await StepAsync(key, work, ct);
        }
    }

    private async Task StepAsync(ObjectKey key, Work work, CancellationToken ct)
    {
        try
        {
            if (store.Get(key) is not { } item)
            {
                Forget(key, work);
                return;
            }

            var service = Read(item);
            var decision = BalancerDecision.Of(service, options.BalancerOf);
            switch (decision.Act)
            {
                case BalancerAct.Ensure:
                    await EnsureAsync(item, service, decision.Class!, work, ct);
                    break;
                case BalancerAct.Release:
                    await ReleaseAsync(item, service, work, ct);
                    break;
                default:
                    Forget(key, work);
                    break;
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The next daemon goes on.
        }
        catch (StoreException e) when (e.Error is StoreError.Conflict or StoreError.NotFound or StoreError.Closed)
        {
            // Another write came first, and with it the next look; or none, because it is gone.
            LogRace(key.ToString(), e.Message);
            _due.Writer.TryWrite(key);
        }
        catch (Exception e) when (e is StoreException or NetworkException)
        {
            LogAgain(key.ToString(), e.Message);
            Later(key, work, ct);
        }
        catch (Exception e)
        {
            // Nobody awaits this: a mistake of ours is to be seen, and other Services go on.
            LogBroken(key.ToString(), e);
            Later(key, work, ct);
        }
    }

    /// <summary>What providers have of Services that have nothing of theirs any more: a daemon died, or was configured otherwise.</summary>
    private async Task ForgetStraysAsync(CancellationToken ct)
    {
        for (var delay = s_firstDelay; !ct.IsCancellationRequested; delay = delay * 2 < s_longestDelay ? delay * 2 : s_longestDelay)
        {
            try
            {
                foreach (var (name, provider) in providers)
                {
                    foreach (var stray in await provider.ListAsync(ct))
                    {
                        var key = new ObjectKey(ServiceIndex.Services, stray.Namespace, stray.Name);
                        var decision = store.Get(key) is { } item && item.Uid == stray.Uid ? BalancerDecision.Of(Read(item), options.BalancerOf) : default;
                        if (decision.Act == BalancerAct.Nothing || (decision.Act == BalancerAct.Ensure && decision.Class != name))
                        {
                            LogStray(stray.ToString(), name);
                            await provider.DeleteAsync(stray, ct);
                            Freed();
                        }
                    }
                }

                return;
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (NetworkException e)
            {
                LogAgain("what is left over", e.Message);
                await Task.Delay(delay, Time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Something has become free: whoever waits tries again at once.</summary>
    private void Freed() => Again(work => work.Failures > 0);

    private void Again(Func<Work, bool> isConcerned)
    {
        lock (_lock)
        {
            foreach (var (key, _) in _works.Where(w => isConcerned(w.Value)))
            {
                _due.Writer.TryWrite(key);
            }
        }
    }

    private void Later(ObjectKey key, Work work, CancellationToken ct)
    {
        var delay = s_firstDelay * Math.Pow(2, Math.Min(work.Failures, 10));
        work.Failures++;
        _ = DueAsync();

        async Task DueAsync()
        {
            await Task.Delay(delay < s_longestDelay ? delay : s_longestDelay, Time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _due.Writer.TryWrite(key);
        }
    }

    private void Forget(ObjectKey key, Work work)
    {
        lock (_lock)
        {
            if (!work.IsDue)
            {
                _works.Remove(key);
            }
        }
    }

    /// <summary>What is known of one Service.</summary>
    private sealed class Work
    {
        public bool IsDue { get; set; }

        public bool IsRunning { get; set; }

        public int Failures { get; set; }

        public string? Class { get; set; }

        public BalancerRequest? Done { get; set; }

        public IReadOnlyList<LoadBalancerIngress>? Given { get; set; }

        public (string Reason, string Message) Said { get; set; }
    }

    [LoggerMessage(1, LogLevel.Debug, "the load balancer of {Service} is looked at again: {Reason}")]
    private partial void LogRace(string service, string reason);

    [LoggerMessage(2, LogLevel.Warning, "the load balancer of {Service} is tried again: {Reason}")]
    private partial void LogAgain(string service, string reason);

    [LoggerMessage(5, LogLevel.Error, "the load balancer of {Service} could not be seen to")]
    private partial void LogBroken(string service, Exception e);

    [LoggerMessage(3, LogLevel.Information, "removing the load balancer of {Service}, which {Provider} has and nobody wants")]
    private partial void LogStray(string service, string provider);
}
