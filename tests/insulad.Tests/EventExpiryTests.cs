using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Store;
using Insula.Tests.Shared;
using Insulad.Configuration;
using Insulad.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Insulad.Tests;

public sealed class EventExpiryTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("insulad-").FullName;
    private readonly SettableTime _time = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task An_event_lives_as_long_as_it_is_to_whatever_the_clock_is_set_to(int days)
    {
        await using var store = ObjectStore.Open(new StoreOptions { Directory = _directory, ReserveBytes = 0 }, _time, _ => { });
        using var expiry = new EventExpiry(store, new DaemonOptions { Root = _directory, Run = _directory, EventLifetime = TimeSpan.FromHours(1) }, _time, NullLogger<EventExpiry>.Instance);
        await expiry.SweepAsync(CancellationToken.None);
        await TellAsync(store, "met");
        await SweepAfterAsync(expiry, minutes: 1);
        await TellAsync(store, "not-met");
        _time.Set += TimeSpan.FromDays(days);
        await SweepAfterAsync(expiry, minutes: 1);
        await TellAsync(store, "later");
        await SweepAfterAsync(expiry, minutes: 57);
        Assert.Equal(["later", "met", "not-met"], Names(store));
        await SweepAfterAsync(expiry, minutes: 2);
        Assert.Equal(["later", "not-met"], Names(store));
        await SweepAfterAsync(expiry, minutes: 1);
        Assert.Equal(["later"], Names(store));
        await SweepAfterAsync(expiry, minutes: 60);
        Assert.Empty(Names(store));
    }

    private static string[] Names(ObjectStore store) => [.. store.List("events", null).Items.Select(e => e.Key.Name).Order(StringComparer.Ordinal)];

    private Task<StoredObject> TellAsync(ObjectStore store, string name) => store.CreateAsync(
        new ObjectKey("events", "default", name),
        new JsonObject { ["lastTimestamp"] = _time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) },
        CancellationToken.None);

    private Task SweepAfterAsync(EventExpiry expiry, int minutes)
    {
        _time.Advance(TimeSpan.FromMinutes(minutes));
        return expiry.SweepAsync(CancellationToken.None);
    }
}
