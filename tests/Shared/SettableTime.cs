namespace Insula.Tests.Shared;

/// <summary>A clock that can be set; what it counts by goes on evenly. Its timers are the machine's.</summary>
internal sealed class SettableTime : TimeProvider
{
    private TimeSpan _passed;

    /// <summary>By how much it was set, in all.</summary>
    public TimeSpan Set { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Advance(TimeSpan by) => _passed += by;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddYears(50) + _passed + Set;

    public override long GetTimestamp() => _passed.Ticks;
}
