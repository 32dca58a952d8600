using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Insula.Api.Workloads;

/// <summary>
/// Times of a schedule as crontab(5) and Kubernetes write it: minute, hour, day of the month, month, day of the week; or @hourly and its like; or
/// @every with a duration. Times that a change of clocks leaves out do not come, those that it has twice come twice, as in Kubernetes.
/// </summary>
public sealed class CronSchedule
{
    private static readonly string[] s_months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    private static readonly string[] s_days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(5 * 366);
    private static readonly TimeSpan[] s_windows = [TimeSpan.FromHours(1), TimeSpan.FromDays(1), TimeSpan.FromDays(32), TimeSpan.FromDays(366), s_longest];

    private readonly TimeSpan? _every;
    private readonly CronField _minutes;
    private readonly CronField _hours;
    private readonly CronField _monthDays;
    private readonly CronField _months;
    private readonly CronField _weekDays;

    private CronSchedule(TimeSpan every) => _every = every;

    private CronSchedule(CronField minutes, CronField hours, CronField monthDays, CronField months, CronField weekDays) =>
        (_minutes, _hours, _monthDays, _months, _weekDays) = (minutes, hours, monthDays, months, weekDays);

    /// <summary>Reads a schedule; false with the complaint when it is none.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out CronSchedule? schedule, out string complaint)
    {
        ArgumentNullException.ThrowIfNull(text);
        schedule = null;
        complaint = "";
        if (text.StartsWith("@every ", StringComparison.Ordinal))
        {
            if (Duration(text["@every ".Length..]) is { } every && every >= TimeSpan.FromSeconds(1))
            {
                schedule = new CronSchedule(every);
                return true;
            }

            complaint = "@every is followed by a duration such as 1h30m, of a second at least";
            return false;
        }

        var expanded = text switch
        {
            "@yearly" or "@annually" => "0 0 1 1 *",
            "@monthly" => "0 0 1 * *",
            "@weekly" => "0 0 * * 0",
            "@daily" or "@midnight" => "0 0 * * *",
            "@hourly" => "0 * * * *",
            _ => text,
        };
        var fields = expanded.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (fields.Length != 5)
        {
            complaint = text.StartsWith('@')
                ? "it is none of @hourly, @daily, @weekly, @monthly, @yearly, @every DURATION"
                : string.Create(CultureInfo.InvariantCulture, $"expected exactly 5 fields, found {fields.Length}: minute, hour, day of the month, month, day of the week");
            return false;
        }

        if (CronField.Parse(fields[0], 0, 59, null, out complaint) is { } minutes
            && CronField.Parse(fields[1], 0, 23, null, out complaint) is { } hours
            && CronField.Parse(fields[2], 1, 31, null, out complaint) is { } monthDays
            && CronField.Parse(fields[3], 1, 12, s_months, out complaint) is { } months
            && CronField.Parse(fields[4], 0, 6, s_days, out complaint) is { } weekDays)
        {
            schedule = new CronSchedule(minutes, hours, monthDays, months, weekDays);
            return true;
        }

        return false;
    }

    /// <summary>The first time after another one; null when there is none within five years.</summary>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(zone);
        if (_every is { } every)
        {
            return new DateTimeOffset(after.Ticks - (after.Ticks % TimeSpan.TicksPerSecond), after.Offset) + every;
        }

        var end = after + s_longest;
        var time = new DateTimeOffset(after.UtcTicks - (after.UtcTicks % s_minute.Ticks), TimeSpan.Zero) + s_minute;
        while (time < end)
        {
            var local = TimeZoneInfo.ConvertTime(time, zone).DateTime;
            if (!_months.Has(local.Month))
            {
                time = Later(time, new DateTime(local.Year, local.Month, 1).AddMonths(1), zone);
            }
            else if (!HasDay(local))
            {
                time = Later(time, local.Date.AddDays(1), zone);
            }
            else if (!_hours.Has(local.Hour))
            {
                time = time.AddMinutes(60 - local.Minute);
            }
            else if (!_minutes.Has(local.Minute))
            {
                time += s_minute;
            }
            else
            {
                return time;
            }
        }

        return null;
    }

    /// <summary>The latest time after one and not after another; null when there is none.</summary>
    public DateTimeOffset? Latest(DateTimeOffset after, DateTimeOffset until, TimeZoneInfo zone)
    {
        if (_every is { } every)
        {
            // Counted from the last one.
            var first = Next(after, zone)!.Value;
            return first > until ? null : first + (every * Math.Floor((until - first) / every));
        }

        // From shortly before: between a schedule's times are minutes or years, and what was missed may be many.
        foreach (var window in s_windows)
        {
            var from = until - window > after ? until - window : after;
            DateTimeOffset? latest = null;
            for (var next = Next(from, zone); next <= until; next = Next(next.Value, zone))
            {
                latest = next;
            }

            if (latest is not null || from == after)
            {
                return latest;
            }
        }

        return null;
    }

    /// <summary>How many times there are after one and not after another, up to a number.</summary>
    public int Count(DateTimeOffset after, DateTimeOffset until, TimeZoneInfo zone, int most)
    {
        var count = 0;
        for (var next = Next(after, zone); next <= until && count < most; next = Next(next.Value, zone))
        {
            count++;
        }

        return count;
    }

    private static DateTimeOffset Later(DateTimeOffset time, DateTime local, TimeZoneInfo zone)
    {
        while (zone.IsInvalidTime(local))
        {
            local += TimeSpan.FromMinutes(15);
        }

        // Of a time that comes twice, the first.
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        var found = new DateTimeOffset(local, offset).ToUniversalTime();
        return found > time ? found : time + s_minute;
    }

    private static TimeSpan? Duration(string text)
    {
        var total = TimeSpan.Zero;
        var at = 0;
        while (at < text.Length)
        {
            var start = at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
            {
                at++;
            }

            if (at == start || at - start > 9 || at == text.Length)
            {
                return null;
            }

            var number = int.Parse(text.AsSpan(start, at - start), CultureInfo.InvariantCulture);
            switch (text[at++])
            {
                case 'h':
                    total += TimeSpan.FromHours(number);
                    break;
                case 'm':
                    total += TimeSpan.FromMinutes(number);
                    break;
                case 's':
                    total += TimeSpan.FromSeconds(number);
                    break;
                default:
                    return null;
            }
        }

        return text.Length == 0 || total > s_longest ? null : total;
    }

    // Where both days are given, either will do.
    private bool HasDay(DateTime local)
    {
        var month = _monthDays.Has(local.Day);
        var week = _weekDays.Has((int)local.DayOfWeek);
        return _monthDays.IsOpen || _weekDays.IsOpen ? month && week : month || week;
    }
}
