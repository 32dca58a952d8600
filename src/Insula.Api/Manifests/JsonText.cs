using System.Text.Json;
using System.Text.Json.Nodes;
using Insula.Api.Validation;

namespace Insula.Api.Manifests;

/// <summary>Reads JSON strictly: no field twice, no NUL, no number that cannot be kept, bounded in size and depth.</summary>
internal ref struct JsonText
{
    private readonly ReadOnlySpan<byte> _utf8;
    private readonly ManifestLimits _limits;
    private readonly FieldPath _path = new();
    private Utf8JsonReader _reader;
    private SourceMap? _map;
    private int _values;
    private int _line = 1;
    private int _counted;

    private JsonText(ReadOnlySpan<byte> utf8, ManifestLimits limits, bool many)
    {
        _utf8 = utf8;
        _limits = limits;
        _reader = new(utf8, new JsonReaderOptions
        {
            // One more, so that our own message about depth comes first.
            MaxDepth = limits.MaxDepth + 1,
            AllowMultipleValues = many,
        });
    }

    /// <summary>Reads one value and nothing after it.</summary>
    /// <exception cref="ManifestException">It is no JSON, or beyond a limit.</exception>
    public static JsonNode? Read(ReadOnlySpan<byte> utf8, ManifestLimits limits)
    {
        var documents = Read(utf8, limits, many: false, map: false);
        return documents.Count == 1 ? documents[0].Node : throw new ManifestException("the document is empty");
    }

    /// <summary>Reads values that follow one another.</summary>
    /// <exception cref="ManifestException">It is no JSON, or beyond a limit.</exception>
    public static List<(JsonNode? Node, SourceMap Map)> ReadMany(ReadOnlySpan<byte> utf8, ManifestLimits limits) =>
        Read(utf8, limits, many: true, map: true);

    private static List<(JsonNode? Node, SourceMap Map)> Read(ReadOnlySpan<byte> utf8, ManifestLimits limits, bool many, bool map)
    {
        if (utf8.Length > limits.MaxBytes)
        {
            throw new ManifestException($"the document has {utf8.Length} bytes; at most {limits.MaxBytes} are read");
        }

        if (utf8.StartsWith("\xEF\xBB\xBF"u8))
        {
            utf8 = utf8[3..];
        }

        var text = new JsonText(utf8, limits, many);
        var documents = new List<(JsonNode?, SourceMap)>();
        try
        {
            while (text._reader.Read())
            {
                var source = new SourceMap(text.Line());
                text._map = map ? source : null;
                documents.Add((text.Value(), source));
                if (documents.Count > limits.MaxDocuments)
                {
                    throw new ManifestException($"the file has more than {limits.MaxDocuments} documents", text.Line(), 0);
                }
            }
        }
        catch (JsonException e)
        {
            throw new ManifestException(
                "not valid JSON: " + Plain(e), (int)(e.LineNumber ?? 0) + 1, (int)(e.BytePositionInLine ?? 0) + 1, e);
        }
        catch (InvalidOperationException e)
        {
            // Thrown for strings that hold bytes which are no UTF-8 or half a surrogate pair.
            throw new ManifestException("a string is not valid Unicode", text.Line(), 0, e);
        }

        return documents;
    }

    // The reader's own text without the place, which the exception carries already.
    private static string Plain(JsonException e)
    {
        var cut = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return cut > 0 ? e.Message[..cut] : e.Message;
    }

    private JsonNode? Value()
    {
        if (++_values > _limits.MaxValues)
        {
            throw new ManifestException($"the document has more than {_limits.MaxValues} values", Line(), 0);
        }

        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return Object();
            case JsonTokenType.StartArray:
                return Array();
            case JsonTokenType.String:
                return JsonValue.Create(Text());
            case JsonTokenType.True:
                return JsonValue.Create(true);
            case JsonTokenType.False:
                return JsonValue.Create(false);
            case JsonTokenType.Number:
                return Number(_reader.ValueSpan) ?? throw new ManifestException($"{_path}: the number is too large", Line(), 0);
            default:
                return null;
        }
    }

    /// <summary>A number that keeps its text, so that every numeric type can be asked of it; null when beyond a double.</summary>
    internal static JsonValue? Number(ReadOnlySpan<byte> utf8)
    {
        var element = JsonElement.Parse(utf8);
        return element.TryGetDouble(out var number) && double.IsFinite(number) ? JsonValue.Create(element) : null;
    }

    private JsonObject Object()
    {
        Deepen();
        var result = new JsonObject();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            var name = Text();
            _path.Field(name);
            if (result.ContainsKey(name))
            {
                throw new ManifestException($"{_path}: the field is given twice", Line(), 0);
            }

            _map?.Add(_path, Line());
            _reader.Read();
            result.Add(name, Value());
            _path.Up();
        }

        return result;
    }

    private JsonArray Array()
    {
        Deepen();
        var result = new JsonArray();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            _path.Index(result.Count);
            _map?.Add(_path, Line());
            result.Add(Value());
            _path.Up();
        }

        return result;
    }

    private readonly string Text()
    {
        var text = _reader.GetString()!;
        return text.Contains('\0', StringComparison.Ordinal)
            ? throw new ManifestException($"{_path}: the text {Quoted.Text(text)} holds a NUL character, which no argument, variable or file name can")
            : text;
    }

    private void Deepen()
    {
        if (_path.Depth >= _limits.MaxDepth)
        {
            throw new ManifestException($"the document is nested more than {_limits.MaxDepth} levels deep", Line(), 0);
        }
    }

    private int Line()
    {
        var until = Math.Min((int)_reader.TokenStartIndex, _utf8.Length);
        if (until > _counted)
        {
            _line += _utf8[_counted..until].Count((byte)'\n');
            _counted = until;
        }

        return _line;
    }
}
