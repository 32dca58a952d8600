using System.Globalization;
using Insula.Api.Workloads;

namespace Insula.Api.Tests.Workloads;

public sealed class CronScheduleTests
{
    [Theory]
    [InlineData("* * * * *", "2026-01-01T12:00:30Z", "2026-01-01T12:01:00Z")]
    [InlineData("*/15 * * * *", "2026-01-01T12:00:00Z", "2026-01-01T12:15:00Z")]
    [InlineData("5/20 * * * *", "2026-01-01T12:26:00Z", "2026-01-01T12:45:00Z")]
    [InlineData("0 9-17/4 * * MON-FRI", "2026-01-02T17:00:00Z", "2026-01-05T09:00:00Z")]
    [InlineData("30 4 1,15 * 5", "2026-01-01T05:00:00Z", "2026-01-02T04:30:00Z")]
    [InlineData("0 0 13 * ?", "2026-01-14T00:00:00Z", "2026-02-13T00:00:00Z")]
    [InlineData("0 0 * * 7", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z")]
    [InlineData("0 0 29 feb *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 0 30 2 *", "2026-01-01T00:00:00Z", null)]
    [InlineData("@hourly", "2026-01-01T12:00:00Z", "2026-01-01T13:00:00Z")]
    [InlineData("@daily", "2026-01-01T12:00:00Z", "2026-01-02T00:00:00Z")]
    [InlineData("@weekly", "2026-01-01T12:00:00Z", "2026-01-04T00:00:00Z")]
    [InlineData("@monthly", "2026-01-01T12:00:00Z", "2026-02-01T00:00:00Z")]
    [InlineData("@yearly", "2026-01-01T12:00:00Z", "2027-01-01T00:00:00Z")]
    [InlineData("@every 1h30m", "2026-01-01T12:00:00Z", "2026-01-01T13:30:00Z")]
    public void The_next_time(string text, string after, string? expected) => Assert.Equal(expected, Next(text, after, TimeZoneInfo.Utc));

    /// <summary>In Berlin clocks go from 02:00 to 03:00 on 29 March 2026, and from 03:00 to 02:00 on 25 October.</summary>
    [Theory]
    [InlineData("30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z")]
    [InlineData("0 3 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")]
    [InlineData("0 * * * *", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z")]
    [InlineData("0 0 * * *", "2026-06-30T22:00:00Z", "2026-07-01T22:00:00Z")]
    public void Zones_with_summer_time(string text, string after, string expected) =>
        Assert.Equal(expected, Next(text, after, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")));

    [Theory]
    [InlineData("* * * *", "expected exactly 5 fields, found 4")]
    [InlineData("60 * * * *", "\"60\" is not within 0 to 59")]
    [InlineData("* * 0 * *", "\"0\" is not within 1 to 31")]
    [InlineData("* * * * 8", "\"8\" is not within 0 to 6")]
    [InlineData("5-1 * * * *", "\"5-1\" is not within")]
    [InlineData("*/0 * * * *", "\"*/0\" is no number, range or step")]
    [InlineData("a * * * *", "\"a\" is no number")]
    [InlineData("1-2-3 * * * *", "is no number, range or step")]
    [InlineData("@often", "it is none of @hourly")]
    [InlineData("@every", "it is none of @hourly")]
    [InlineData("@every 5", "@every is followed by a duration")]
    [InlineData("@every 0s", "@every is followed by a duration")]
    public void What_is_none_is_refused_with_the_reason(string text, string expected)
    {
        Assert.False(CronSchedule.TryParse(text, out _, out var complaint));
        Assert.Contains(expected, complaint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("* * * * *", "2026-01-01T00:00:00Z", "2026-02-01T00:00:30Z", "2026-02-01T00:00:00Z")]
    [InlineData("0 0 1 1 *", "2020-06-01T00:00:00Z", "2026-06-01T00:00:00Z", "2026-01-01T00:00:00Z")]
    [InlineData("0 0 1 1 *", "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", null)]
    [InlineData("@every 7m", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z", "2026-01-01T00:56:00Z")]
    public void The_latest_time_that_was_missed(string text, string after, string until, string? expected)
    {
        Assert.True(CronSchedule.TryParse(text, out var schedule, out _));
        Assert.Equal(expected, Text(schedule.Latest(Time(after), Time(until), TimeZoneInfo.Utc)));
    }

    private static string? Next(string text, string after, TimeZoneInfo zone)
    {
        Assert.True(CronSchedule.TryParse(text, out var schedule, out var complaint), complaint);
        return Text(schedule.Next(Time(after), zone));
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    private static string? Text(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
