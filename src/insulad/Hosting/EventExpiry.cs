using System.Globalization;
using Insula.Store;
using Insulad.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Insulad.Hosting;

/// <summary>Removes events that are old, and the oldest when there are too many. From the first sweep that meets it, an event grows older by
/// the clock that nobody sets.</summary>
internal sealed partial class EventExpiry(IObjectStore store, DaemonOptions options, TimeProvider time, ILogger<EventExpiry> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    // By uid and version: an event that was told once more is a new one.
    private Dictionary<(string Uid, long Version), (TimeSpan Age, long Stamp)> _met = [];

    private long? _lastSweep;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                await SweepAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    internal async Task SweepAsync(CancellationToken ct)
    {
        var (now, stamp) = (time.GetUtcNow(), time.GetTimestamp());
        var events = store.List("events", null).Items.ToList();
        _met = events.ToDictionary(e => (e.Uid, e.ResourceVersion), e => _met.GetValueOrDefault((e.Uid, e.ResourceVersion), (FirstAge(e, now, stamp), stamp)));
        _lastSweep = stamp;
        var expired = events
            .Select(e => (Event: e, Age: Age(_met[(e.Uid, e.ResourceVersion)], stamp)))
            .OrderBy(e => e.Age)
            .Where((e, i) => e.Age > options.EventLifetime || i >= options.EventCount)
            .ToList();
        try
        {
            // All at once: the store commits them together.
            await Task.WhenAll(expired.Select(e => store.DeleteAsync(e.Event.Key, new Preconditions(e.Event.Uid, e.Event.ResourceVersion), ct)));
        }
        catch (StoreException e) when (e.Error is StoreError.Conflict or StoreError.Disk or StoreError.Closed)
        {
            // One was renewed in between, or the disk is full: the next minute sees to it.
            LogLater(e.Message);
        }
    }

    // The clock may have been set since the event was written; but what the last sweep did not meet is no older than that.
    private TimeSpan FirstAge(StoredObject value, DateTimeOffset now, long stamp)
    {
        var shown = now - LastSeen(value);
        if (_lastSweep is not { } last)
        {
            return shown > TimeSpan.Zero ? shown : TimeSpan.Zero;
        }

        var most = time.GetElapsedTime(last, stamp);
        return shown >= TimeSpan.Zero && shown < most ? shown : most;
    }

    private TimeSpan Age((TimeSpan Age, long Stamp) met, long stamp) => met.Age + time.GetElapsedTime(met.Stamp, stamp);

    private static DateTimeOffset LastSeen(StoredObject value)
    {
        var document = value.ToDocument();
        foreach (var time in (string?[])[(string?)document["lastTimestamp"], (string?)document["eventTime"], (string?)document["metadata"]!["creationTimestamp"]])
        {
            if (DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed))
            {
                return parsed;
            }
        }

        return DateTimeOffset.MinValue;
    }

    [LoggerMessage(1, LogLevel.Debug, "some events stay until the next sweep: {Reason}")]
    private partial void LogLater(string reason);
}
