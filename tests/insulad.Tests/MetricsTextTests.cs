using Insula.Pods.Timing;
using Insulad.Metrics;

namespace Insulad.Tests;

public sealed class MetricsTextTests
{
    [Fact]
    public void Families_have_their_samples_behind_them()
    {
        var text = new MetricsText();
        text.Counter("a_total", "Things.");
        text.Add(3);
        text.Add(0.25, ("pod", "web"), ("container", ""));
        text.Add((double?)null, ("pod", "none"));
        text.Gauge("b", "Others.");
        Assert.Equal(
            """
            # HELP a_total Things.
            # TYPE a_total counter
            a_total 3
            a_total{pod="web",container=""} 0.25
            # HELP b Others.
            # TYPE b gauge

            """,
            text.ToString());
    }

    [Fact]
    public void A_label_s_text_stays_within_its_quotes()
    {
        var text = new MetricsText();
        text.Gauge("b", "Others.");
        text.Add(1, ("pod", "a\"} 1\nb \\"));
        Assert.EndsWith("b{pod=\"a\\\"} 1\\nb \\\\\"} 1\n", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_distribution_is_cumulated()
    {
        var histogram = new LatencyHistogram();
        histogram.Add(TimeSpan.FromMilliseconds(1));
        histogram.Add(TimeSpan.FromMilliseconds(40));
        histogram.Add(TimeSpan.FromSeconds(60));
        var text = new MetricsText();
        text.Histogram("h_seconds", "Times.");
        text.Add(histogram, ("step", "x"));
        var lines = text.ToString().Split('\n');
        Assert.Contains("h_seconds_bucket{step=\"x\",le=\"0.001\"} 1", lines);
        Assert.Contains("h_seconds_bucket{step=\"x\",le=\"0.025\"} 1", lines);
        Assert.Contains("h_seconds_bucket{step=\"x\",le=\"0.05\"} 2", lines);
        Assert.Contains("h_seconds_bucket{step=\"x\",le=\"10\"} 2", lines);
        Assert.Contains("h_seconds_bucket{step=\"x\",le=\"+Inf\"} 3", lines);
        Assert.Contains("h_seconds_sum{step=\"x\"} 60.041", lines);
        Assert.Contains("h_seconds_count{step=\"x\"} 3", lines);
    }
}
