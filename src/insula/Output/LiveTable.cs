namespace Insula.Cli.Output;

/// <summary>Something that is shown again and again: on a terminal in the place of what was shown before, elsewhere below it.</summary>
internal sealed class LiveTable(TextWriter output) : IDisposable
{
    private readonly bool _inPlace = !Console.IsOutputRedirected;
    private int _shown;

    /// <summary>Shows what <paramref name="write"/> writes.</summary>
    public void Show(Action<TextWriter> write)
    {
        using var text = new StringWriter();
        write(text);
        if (_inPlace && _shown > 0)
        {
            // Up to where it began; what is there is removed to the end of the screen.
            output.Write($"\x1b[{_shown}A\x1b[J");
        }
        else if (_shown > 0)
        {
            output.WriteLine();
        }

        output.Write(text.ToString());
        output.Flush();
        _shown = text.ToString().Count(c => c == '\n');
    }

    public void Dispose() => output.Flush();
}
