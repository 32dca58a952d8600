using System.Globalization;
using System.Text.Json.Nodes;

namespace Insula.Cli.Commands;

/// <summary>
/// The layers of an image on their way: on a terminal a line each with a bar, redrawn in place; elsewhere a plain line when a layer has come, and none
/// between.
/// </summary>
/// <param name="output">Where to write.</param>
/// <param name="isTerminal">Whether lines can be redrawn there.</param>
internal sealed class LayerBars(TextWriter output, bool isTerminal)
{
    private const int Width = 30;
    private const int Least = 100;
    private readonly List<string> _order = [];
    private readonly Dictionary<string, (string Step, double Share, string Size)> _layers = new(StringComparer.Ordinal);
    private int _drawn;
    private long _last = long.MinValue;

    /// <summary>Shows a step.</summary>
    /// <param name="step">A line of the daemon.</param>
    public void Show(JsonObject step)
    {
        if ((string?)step["layer"] is not { Length: > 0 } layer || (string?)step["step"] is not { } word)
        {
            return;
        }

        var (bytes, total) = ((long?)step["bytes"] ?? 0, (long?)step["total"]);
        var share = total is > 0 ? Math.Clamp((double)bytes / total.Value, 0, 1) : 0;
        var isNew = !_layers.TryGetValue(layer, out var before);
        if (isNew)
        {
            _order.Add(layer);
        }

        _layers[layer] = (word, share, ImagesCommand.Size(total ?? bytes));
        var isOver = word == "present" || (share >= 1 && word is "fetching" or "unpacking");
        if (!isTerminal)
        {
            if (isOver && (isNew || before.Step != word || before.Share < 1))
            {
                output.WriteLine($"{Name(layer)}: {(word == "present" ? "already present" : word == "fetching" ? "fetched" : "unpacked")} ({_layers[layer].Size})");
            }

            return;
        }

        // Often enough to be seen, and no more.
        var now = Environment.TickCount64;
        if (isNew || isOver || now - _last >= Least)
        {
            _last = now;
            Draw();
        }
    }

    /// <summary>Leaves the last state standing.</summary>
    public void Finish()
    {
        if (_drawn > 0)
        {
            Draw();
            _drawn = 0;
        }

        _order.Clear();
        _layers.Clear();
    }

    private void Draw()
    {
        if (_drawn > 0)
        {
            output.Write(string.Create(CultureInfo.InvariantCulture, $"\x1b[{_drawn}A"));
        }

        foreach (var layer in _order)
        {
            var (step, share, size) = _layers[layer];
            var filled = step == "present" ? Width : (int)(share * Width);
            var word = step == "present" ? "already present" : step;
            output.Write($"\r\x1b[K{Name(layer)} [{new string('=', filled)}{new string(' ', Width - filled)}] {word} {size}\n");
        }

        output.Flush();
        _drawn = _order.Count;
    }

    private static string Name(string layer)
    {
        var hex = Cli.Output.Printable.Cell(layer).Replace("sha256:", "", StringComparison.Ordinal);
        return hex.Length > 12 ? hex[..12] : hex;
    }
}
