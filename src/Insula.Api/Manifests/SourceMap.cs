namespace Insula.Api.Manifests;

/// <summary>Where each field of a document stands in its file.</summary>
public sealed class SourceMap
{
    // A few long keys above many small values would make paths of gigabytes: longer and further ones are not kept.
    private const int LongestPath = 512;
    private const int MostCharacters = 8_000_000;

    private readonly Dictionary<string, int> _lines = [];
    private int _characters;
    private SourceMap? _whole;
    private string _prefix = "";

    internal SourceMap(int firstLine) => FirstLine = firstLine;

    /// <summary>The line the document begins at, from 1.</summary>
    public int FirstLine { get; internal set; }

    /// <summary>The line of a path such as <c>spec.containers[0].image</c>, or of the closest field above that is there.</summary>
    public int Line(string path)
    {
        if (_whole is not null)
        {
            return _whole.Line(path.Length == 0 ? _prefix : $"{_prefix}.{path}");
        }

        while (path.Length > 0)
        {
            if (_lines.TryGetValue(path, out var line))
            {
                return line;
            }

            path = path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))];
        }

        return FirstLine;
    }

    internal void Add(FieldPath path, int line)
    {
        if (path.Length <= LongestPath && _characters < MostCharacters)
        {
            _characters += path.Length;
            _lines.TryAdd(path.ToString(), line);
        }
    }

    /// <summary>The map of a part of the document, e.g. of one item of a list.</summary>
    internal SourceMap Part(string prefix) => new(Line(prefix)) { _whole = this, _prefix = prefix };
}
