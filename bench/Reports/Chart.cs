using System.Globalization;
using System.Text;
using Insula.Bench.Measuring;

namespace Insula.Bench.Reports;

/// <summary>A chart of promises: a bar as long as the measured figure, on a scale on which every promise is the same line.</summary>
internal static class Chart
{
    private const int Row = 26;
    private const int Left = 300;
    private const int Promised = 220;
    private const int Width = 800;

    /// <summary>Draws the promises that were measured, as SVG.</summary>
    public static string Draw(IReadOnlyList<(Promise Promise, Samples Samples)> promises)
    {
        var rows = promises.Where(p => p.Promise.Kept(p.Samples) is not null).ToList();
        var height = (rows.Count * Row) + 40;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" font-family="sans-serif" font-size="13">""");
        text.Append(CultureInfo.InvariantCulture, $"""<rect width="{Width}" height="{height}" fill="#fff"/>""");
        for (var i = 0; i < rows.Count; i++)
        {
            var (promise, samples) = rows[i];
            var y = 10 + (i * Row);

            // Longer is better on all rows: a limit from above is turned round.
            var measured = promise.Measured(samples);
            var part = promise.AtLeast ? measured / promise.Bound : promise.Bound / measured;
            var length = Math.Min(part * Promised, Width - Left - 90);
            var fill = promise.Kept(samples) == true ? "#2a7f62" : "#c0552d";
            text.Append(CultureInfo.InvariantCulture, $"""<text x="{Left - 8}" y="{y + 14}" text-anchor="end">{System.Security.SecurityElement.Escape(promise.Title)}</text>""");
            text.Append(CultureInfo.InvariantCulture, $"""<rect x="{Left}" y="{y}" width="{length:0}" height="{Row - 8}" fill="{fill}"/>""");
            text.Append(CultureInfo.InvariantCulture, $"""<text x="{Left + length + 6:0}" y="{y + 14}">{measured:0.##} {promise.Unit}</text>""");
        }

        text.Append(CultureInfo.InvariantCulture, $"""<line x1="{Left + Promised}" y1="4" x2="{Left + Promised}" y2="{height - 26}" stroke="#333" stroke-dasharray="4 3"/>""");
        text.Append(CultureInfo.InvariantCulture, $"""<text x="{Left + Promised}" y="{height - 10}" text-anchor="middle">promised; longer is better</text></svg>""");
        return text.Append('\n').ToString();
    }
}
