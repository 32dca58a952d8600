namespace Insula.Cli.Commands;

/// <summary>One line of progress, overwritten in place on a terminal, and not shown elsewhere.</summary>
internal sealed class ProgressLine
{
    private readonly bool _terminal = !Console.IsErrorRedirected;
    private bool _shown;

    public void Show(string text)
    {
        if (_terminal)
        {
            Console.Error.Write($"\r\x1b[K{Output.Printable.Cell(text)}");
            _shown = true;
        }
    }

    public void Clear()
    {
        if (_shown)
        {
            Console.Error.Write("\r\x1b[K");
            _shown = false;
        }
    }
}
