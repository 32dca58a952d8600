namespace Insula.Workloads;

/// <summary>The earliest of times to look again.</summary>
internal static class Soonest
{
    public static DateTimeOffset? Of(params IEnumerable<DateTimeOffset?> times) => times.Where(t => t is not null).Min();
}
