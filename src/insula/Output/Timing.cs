using System.Globalization;
using System.Text.Json.Nodes;

namespace Insula.Cli.Output;

/// <summary>How long the steps of a pod's start took, of the daemon's <c>podtimings</c>: when each began, and a bar for how long it went on.</summary>
internal static class Timing
{
    private const int BarWidth = 40;

    /// <summary>Writes it.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="steps">The steps, in the order in which they began.</param>
    public static void Write(TextWriter output, JsonArray steps)
    {
        if (steps.Count == 0)
        {
            output.WriteLine("Timing:  <none>: the daemon that started it has ended since");
            return;
        }

        output.WriteLine("Timing:");
        var table = new TextTable("  STEP", "BEGAN", "TOOK", "");
        foreach (var burst in Bursts([.. steps.Select(step => new Step(step!.AsObject()))]))
        {
            var start = burst[0].Began;
            var whole = burst.Max(step => step.Ended) - start;
            foreach (var step in burst)
            {
                var began = step.Began - start;
                table.Add($"  {new string(' ', 2 * step.Depth)}{step.Name}", $"{Milliseconds(began)}", Milliseconds(step.Took), Bar(began, step.Took, whole));
            }

            table.Add("", "", "", "");
        }

        using var text = new StringWriter();
        table.WriteTo(text);
        foreach (var line in text.ToString().TrimEnd().Split('\n'))
        {
            output.WriteLine(line.TrimEnd());
        }
    }

    // A restart an hour later is a story of its own: it begins at zero again.
    private static IEnumerable<IReadOnlyList<Step>> Bursts(IReadOnlyList<Step> steps)
    {
        var quiet = TimeSpan.FromMilliseconds(500);
        var burst = new List<Step>();
        foreach (var step in steps)
        {
            if (burst.Count > 0 && step.Began - burst.Max(s => s.Ended) > quiet)
            {
                yield return burst;
                burst = [];
            }

            burst.Add(step);
        }

        yield return burst;
    }

    private static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("0.00 ms", CultureInfo.InvariantCulture);

    private static string Bar(TimeSpan began, TimeSpan took, TimeSpan whole)
    {
        if (whole <= TimeSpan.Zero)
        {
            return "";
        }

        var from = Math.Min((int)(BarWidth * (began / whole)), BarWidth - 1);
        var length = Math.Clamp((int)Math.Round(BarWidth * (took / whole)), 1, BarWidth - from);
        return new string(' ', from) + new string('█', length);
    }

    private sealed class Step(JsonObject json)
    {
        public string Name { get; } = (string?)json["container"] is { } container ? $"{json["name"]} ({container})" : (string?)json["name"] ?? "";

        public int Depth { get; } = (int?)json["depth"] ?? 0;

        public DateTimeOffset Began { get; } = DateTimeOffset.Parse((string?)json["began"] ?? "", CultureInfo.InvariantCulture);

        public TimeSpan Took { get; } = TimeSpan.FromMicroseconds((double?)json["microseconds"] ?? 0);

        public DateTimeOffset Ended => Began + Took;
    }
}
