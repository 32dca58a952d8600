using System.Diagnostics;
using System.Globalization;

namespace Insula.SystemTests.Harness;

/// <summary>Waits for a condition with a deadline; on expiry it fails with what was last seen.</summary>
public static class Eventually
{
    /// <summary>How many times slower this machine is than a usual one: <c>INSULA_TEST_SLOWNESS</c>. Every deadline of a test is that much longer.</summary>
    public static readonly double Slowness = double.Parse(Environment.GetEnvironmentVariable("INSULA_TEST_SLOWNESS") ?? "1", CultureInfo.InvariantCulture);

    public static readonly TimeSpan Deadline = Slowness * TimeSpan.FromSeconds(30);

    public static async Task<T> GetAsync<T>(
        Func<Task<T>> observe, Func<T, bool> condition, string what, TimeSpan? deadline = null)
    {
        var clock = Stopwatch.StartNew();
        var limit = deadline * Slowness ?? Deadline;
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
