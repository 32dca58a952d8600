using System.Diagnostics;

namespace Insula.SystemTests.Harness;

/// <summary>Waits for a condition with a deadline; on expiry it fails with what was last seen.</summary>
public static class Eventually
{
    public static readonly TimeSpan Deadline =
        TimeSpan.FromSeconds(double.Parse(Environment.GetEnvironmentVariable("INSULA_TEST_DEADLINE") ?? "30",
            System.Globalization.CultureInfo.InvariantCulture));

    public static async Task<T> GetAsync<T>(
        Func<Task<T>> observe, Func<T, bool> condition, string what, TimeSpan? deadline = null)
    {
        var clock = Stopwatch.StartNew();
        var limit = deadline ?? Deadline;
        while (true)
        {
            var seen = await observe();
            if (condition(seen))
            {
                return seen;
            }

            if (clock.Elapsed > limit)
            {
                Assert.Fail($"not within {limit.TotalSeconds:0} s: {what}\nlast seen: {seen}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(25));
        }
    }

    public static Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? deadline = null) =>
        GetAsync(condition, value => value, what, deadline);

    public static Task TrueAsync(Func<bool> condition, string what, TimeSpan? deadline = null) =>
        GetAsync(() => Task.FromResult(condition()), value => value, what, deadline);
}
