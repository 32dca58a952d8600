namespace Insula.Cli.Output;

/// <summary>Columns separated by three spaces, as kubectl prints them.</summary>
internal sealed class TextTable(params IReadOnlyList<string> headers)
{
    private const int Gap = 3;
    private readonly List<string[]> _rows = [];
    private int[]? _fixedWidths;
    private bool _headed;

    public bool IsEmpty => _rows.Count == 0;

    public void Add(params IEnumerable<string> cells) => _rows.Add([.. cells.Select(Printable.Cell)]);

    /// <summary>Writes the rows added since the last call; a watch keeps the widths of its first table.</summary>
    public void WriteTo(TextWriter output, bool withHeaders = true)
    {
        var widths = _fixedWidths ?? new int[headers.Count];
        for (var i = 0; i < widths.Length; i++)
        {
            widths[i] = Math.Max(widths[i], Math.Max(headers[i].Length, _rows.Select(row => row[i].Length).DefaultIfEmpty(0).Max()));
        }

        _fixedWidths = widths;
        if (withHeaders && !_headed)
        {
            WriteRow(output, headers, widths);
            _headed = true;
        }

        foreach (var row in _rows)
        {
            WriteRow(output, row, widths);
        }

        _rows.Clear();
    }

    /// <summary>A whole table with its headers underlined, as in descriptions.</summary>
    public static void WriteUnderlined(TextWriter output, string indent, string[] headers, IEnumerable<string[]> rows)
    {
        var table = new TextTable(headers);
        table.Add(headers.Select(h => new string('-', h.Length)));
        foreach (var row in rows)
        {
            table.Add(row);
        }

        using var text = new StringWriter();
        table.WriteTo(text);
        foreach (var line in text.ToString().TrimEnd('\n').Split('\n'))
        {
            output.WriteLine(indent + line.TrimEnd());
        }
    }

    private static void WriteRow(TextWriter output, IReadOnlyList<string> cells, int[] widths)
    {
        for (var i = 0; i < cells.Count - 1; i++)
        {
            output.Write(cells[i].PadRight(widths[i] + Gap));
        }

        output.WriteLine(cells[^1]);
    }
}
