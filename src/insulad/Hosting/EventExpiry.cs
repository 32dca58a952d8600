using System.Globalization;
using Insula.Store;
using Insulad.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Insulad.Hosting;

/// <summary>Removes events that are old, and the oldest when there are too many.</summary>
internal sealed partial class EventExpiry(IObjectStore store, DaemonOptions options, TimeProvider time, ILogger<EventExpiry> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await SweepAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    internal async Task SweepAsync(CancellationToken ct)
    {
        var oldest = time.GetUtcNow() - options.EventLifetime;
        var events = store.List("events", null).Items
            .Select(e => (Event: e, Last: LastSeen(e)))
            .OrderByDescending(e => e.Last)
            .ToList();
        var expired = events.Where((e, i) => e.Last < oldest || i >= options.EventCount).ToList();
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
