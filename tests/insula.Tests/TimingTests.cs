using System.Text.Json.Nodes;
using Insula.Cli.Output;

namespace Insula.Cli.Tests;

public sealed class TimingTests
{
    [Fact]
    public void Steps_are_indented_with_bars_and_a_later_restart_begins_at_zero()
    {
        var steps = JsonNode.Parse(
            """
            [{"name":"sandbox","depth":0,"began":"2026-01-02T03:04:05.000000Z","microseconds":4000},
             {"name":"network","depth":1,"began":"2026-01-02T03:04:05.002000Z","microseconds":1000},
             {"name":"container","container":"web","depth":0,"began":"2026-01-02T04:00:00.000000Z","microseconds":500}]
            """)!.AsArray();
        using var output = new StringWriter();
        Timing.Write(output, steps);
        Assert.Equal(
            """
            Timing:
              STEP              BEGAN     TOOK
              sandbox           0.00 ms   4.00 ms   ████████████████████████████████████████
                network         2.00 ms   1.00 ms                       ██████████

              container (web)   0.00 ms   0.50 ms   ████████████████████████████████████████

            """,
            output.ToString());
    }

    [Fact]
    public void Nothing_known_is_said()
    {
        using var output = new StringWriter();
        Timing.Write(output, []);
        Assert.StartsWith("Timing:  <none>", output.ToString());
    }
}
