using System.Globalization;
using System.Text;
using Insula.Api.Validation;

namespace Insula.Api.Manifests;

/// <summary>The path from a document's root to where a reader stands; text is made only when asked for.</summary>
internal sealed class FieldPath
{
    private readonly List<string> _parts = [];

    public int Depth => _parts.Count;

    /// <summary>Length of the text.</summary>
    public int Length { get; private set; }

    /// <summary>Steps into a field of an object.</summary>
    public void Field(string name) => Down((_parts.Count == 0 ? "" : ".") + Word(name));

    /// <summary>Steps into an entry of a map.</summary>
    public void Key(string key) => Down($"[{Word(key)}]");

    /// <summary>Steps into an item of a list.</summary>
    public void Index(int index) => Down($"[{index.ToString(CultureInfo.InvariantCulture)}]");

    /// <summary>Steps back.</summary>
    public void Up()
    {
        Length -= _parts[^1].Length;
        _parts.RemoveAt(_parts.Count - 1);
    }

    public override string ToString() => string.Concat(_parts);

    /// <summary>The path of a field of the object where the reader stands.</summary>
    public string Of(string name)
    {
        Field(name);
        var text = ToString();
        Up();
        return text;
    }

    private void Down(string part)
    {
        Length += part.Length;
        _parts.Add(part);
    }

    /// <summary>A key as it stands in a path: quoted when it is not plain, so that a path in a message is one word and cannot forge another.</summary>
    public static string Word(string key) => IsPlain(key) ? key : Quoted.Text(key);

    private static bool IsPlain(string name) => name.Length is > 0 and <= 253
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or '$');
}
