namespace Insula.Cli.Output;

/// <summary>Indented <c>Name:  value</c> lines, values of one level in a column.</summary>
internal sealed class Outline(TextWriter output, int depth = 0)
{
    private const int Width = 18;

    public void Field(string name, string? value) =>
        output.WriteLine($"{new string(' ', depth * 2)}{(name + ":").PadRight(Width)} {Printable.Cell(value ?? "<none>")}");

    /// <summary>A field with one line a value.</summary>
    public void Fields(string name, IEnumerable<string> values)
    {
        var first = true;
        foreach (var value in values.DefaultIfEmpty("<none>"))
        {
            output.WriteLine($"{new string(' ', depth * 2)}{(first ? name + ":" : "").PadRight(Width)} {Printable.Cell(value)}");
            first = false;
        }
    }

    public Outline Section(string name)
    {
        output.WriteLine($"{new string(' ', depth * 2)}{Printable.Cell(name)}:");
        return new Outline(output, depth + 1);
    }
}
