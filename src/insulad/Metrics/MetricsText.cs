using System.Globalization;
using System.Text;
using Insula.Pods.Timing;

namespace Insulad.Metrics;

/// <summary>
/// The text that Prometheus reads, version 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats): families, each with its samples behind it.
/// </summary>
internal sealed class MetricsText
{
    /// <summary>The content type.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();
    private string _family = "";

    /// <summary>Begins a family of counters, which only grow.</summary>
    /// <param name="name">Its name; by convention it ends in <c>_total</c>.</param>
    /// <param name="help">What it counts, in one line.</param>
    public void Counter(string name, string help) => Begin(name, "counter", help);

    /// <summary>Begins a family of values.</summary>
    /// <param name="name">Its name, with the unit at its end.</param>
    /// <param name="help">What is measured, in one line.</param>
    public void Gauge(string name, string help) => Begin(name, "gauge", help);

    /// <summary>Begins a family of distributions.</summary>
    /// <param name="name">Its name, with the unit at its end.</param>
    /// <param name="help">What is measured, in one line.</param>
    public void Histogram(string name, string help) => Begin(name, "histogram", help);

    /// <summary>A sample of the family that was begun; none when there is no value.</summary>
    public void Add(double? value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        if (value is { } known)
        {
            Line("", known, labels);
        }
    }

    /// <summary>The samples of a distribution.</summary>
    public void Add(LatencyHistogram histogram, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        var counts = histogram.Cumulated();
        for (var i = 0; i < counts.Count; i++)
        {
            Line("_bucket", counts[i], [.. labels, ("le", i < LatencyHistogram.Bounds.Length ? Number(LatencyHistogram.Bounds[i]) : "+Inf")]);
        }

        Line("_sum", histogram.Sum.TotalSeconds, labels);
        Line("_count", counts[^1], labels);
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    private void Begin(string name, string type, string help)
    {
        _family = name;
        _text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
    }

    private void Line(string suffix, double value, ReadOnlySpan<(string Name, string Value)> labels)
    {
        _text.Append(_family).Append(suffix);
        var before = '{';
        foreach (var (name, text) in labels)
        {
            _text.Append(before).Append(name).Append("=\"");
            Escape(text);
            _text.Append('"');
            before = ',';
        }

        _text.Append(labels.Length > 0 ? "} " : " ").Append(Number(value)).Append('\n');
    }

    private void Escape(string text)
    {
        foreach (var c in text)
        {
            _ = c switch
            {
                '\\' => _text.Append("\\\\"),
                '"' => _text.Append("\\\""),
                '\n' => _text.Append("\\n"),
                _ => _text.Append(c),
            };
        }
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
