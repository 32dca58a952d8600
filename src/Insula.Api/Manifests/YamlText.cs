using System.Text.Json.Nodes;
using Insula.Api.Validation;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Insula.Api.Manifests;

/// <summary>
/// Reads YAML into JSON strictly: no key twice, no unknown tag, no recursion, and bounded in size, depth and number of
/// values after aliases, which are copied, are replaced.
/// </summary>
internal sealed class YamlText
{
    private readonly Parser _parser;
    private readonly ManifestLimits _limits;
    private readonly FieldPath _path = new();
    private readonly Dictionary<string, JsonNode?> _anchors = [];
    private SourceMap _map = new(1);
    private int _values;

    private YamlText(string text, ManifestLimits limits)
    {
        _parser = new Parser(new StringReader(text));
        _limits = limits;
    }

    private ParsingEvent Current => _parser.Current ?? throw new ManifestException("the document ends in the middle");

    private int Line => (int)(_parser.Current?.Start.Line ?? 0);

    /// <summary>Reads all documents; empty ones are left out.</summary>
    /// <exception cref="ManifestException">It is no YAML, or beyond a limit.</exception>
    public static List<(JsonNode? Node, SourceMap Map)> ReadMany(string text, ManifestLimits limits)
    {
        var yaml = new YamlText(text, limits);
        try
        {
            return yaml.Documents();
        }
        catch (YamlException e)
        {
            throw new ManifestException("not valid YAML: " + Plain(e), (int)e.Start.Line, (int)e.Start.Column, e);
        }
        catch (Exception e) when (e is not ManifestException and (InvalidOperationException or ArgumentException
            or FormatException or OverflowException or IndexOutOfRangeException or NullReferenceException))
        {
            // The parser lets such exceptions of its inside escape on some malformed texts.
            throw new ManifestException("not valid YAML: " + e.Message, yaml.Line, 0, e);
        }
    }

    private static string Plain(YamlException e)
    {
        var message = e.InnerException is YamlException inner ? inner.Message : e.Message;
        return message.Contains("tab", StringComparison.OrdinalIgnoreCase) && !message.Contains("table", StringComparison.OrdinalIgnoreCase)
            ? message + " (indent with spaces, not with tabs)"
            : message;
    }

    private List<(JsonNode? Node, SourceMap Map)> Documents()
    {
        var documents = new List<(JsonNode?, SourceMap)>();
        while (_parser.MoveNext())
        {
            if (Current is not DocumentStart)
            {
                continue;
            }

            Next();
            _anchors.Clear();
            _map = new SourceMap(Line);
            var empty = Current is Scalar { Value: "", IsPlainImplicit: true, Style: ScalarStyle.Plain };
            var node = Value();
            if (!empty)
            {
                documents.Add((node, _map));
            }

            if (documents.Count > _limits.MaxDocuments)
            {
                throw Error($"the file has more than {_limits.MaxDocuments} documents");
            }
        }

        return documents;
    }

    private void Next()
    {
        if (!_parser.MoveNext())
        {
            throw new ManifestException("the document ends in the middle");
        }
    }

    // Reads the value whose first event is the current one; afterwards its last event is the current one.
    private JsonNode? Value()
    {
        Count(1);
        switch (Current)
        {
            case Scalar scalar:
                var text = Scalar(scalar);
                Remember(scalar.Anchor, text);
                return text;
            case SequenceStart start:
                CheckTag(start.Tag, "seq");
                return Sequence(start.Anchor);
            case MappingStart start:
                CheckTag(start.Tag, "map");
                return Mapping(start.Anchor);
            case AnchorAlias alias:
                return Alias(alias);
            default:
                throw Error("a value is expected");
        }
    }

    private JsonArray Sequence(AnchorName anchor)
    {
        Deepen();
        var list = new JsonArray();
        Next();
        while (Current is not SequenceEnd)
        {
            _path.Index(list.Count);
            _map.Add(_path, Line);
            list.Add(Value());
            _path.Up();
            Next();
        }

        Remember(anchor, list);
        return list;
    }

    private JsonObject Mapping(AnchorName anchor)
    {
        Deepen();
        var map = new JsonObject();
        var merged = new List<JsonObject>();
        Next();
        while (Current is not MappingEnd)
        {
            if (Current is not Scalar key)
            {
                throw Error($"{_path}: a key must be a plain word or a string");
            }

            var line = Line;
            if (key is { Value: "<<", Style: ScalarStyle.Plain } && key.Tag.IsEmpty)
            {
                Next();
                merged.AddRange(Merged(Value()));
            }
            else
            {
                Pair(map, Key(key), line);
            }

            Next();
        }

        foreach (var (name, value) in merged.SelectMany(m => m))
        {
            // What stands in the mapping itself wins over what is merged into it.
            if (!map.ContainsKey(name))
            {
                Count(Size(value));
                map[name] = value?.DeepClone();
            }
        }

        Remember(anchor, map);
        return map;
    }

    private void Pair(JsonObject map, string name, int line)
    {
        _path.Field(name);
        if (map.ContainsKey(name))
        {
            throw new ManifestException($"{_path}: the field is given twice", line, 0);
        }

        _map.Add(_path, line);
        Next();
        map.Add(name, Value());
        _path.Up();
    }

    private IEnumerable<JsonObject> Merged(JsonNode? value) => value switch
    {
        JsonObject one => [one],
        JsonArray many when many.All(m => m is JsonObject) => many.Select(m => m!.AsObject()),
        _ => throw Error($"{_path}: << merges a mapping or a list of mappings"),
    };

    private JsonNode? Alias(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out var node))
        {
            throw Error($"{_path}: the alias *{alias.Value.Value} names nothing that stands before it");
        }

        Count(Size(node));
        if (_path.Depth + Depth(node) > _limits.MaxDepth)
        {
            throw Error($"the document is nested more than {_limits.MaxDepth} levels deep, aliases replaced");
        }

        return node?.DeepClone();
    }

    private JsonNode? Scalar(Scalar scalar)
    {
        if (scalar.Value.Contains('\0', StringComparison.Ordinal))
        {
            throw Error($"{_path}: the text {Quoted.Text(scalar.Value)} holds a NUL character, which no argument, variable or file name can");
        }

        if (!scalar.Tag.IsEmpty && !scalar.Tag.IsNonSpecific)
        {
            return Tagged(scalar);
        }

        return scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty ? YamlScalars.Plain(scalar.Value) : JsonValue.Create(scalar.Value);
    }

    private JsonNode? Tagged(Scalar scalar)
    {
        const string Standard = "tag:yaml.org,2002:";
        var tag = scalar.Tag.Value;
        var plain = YamlScalars.Plain(scalar.Value);
        var kind = plain?.GetValueKind();
        return tag.StartsWith(Standard, StringComparison.Ordinal) ? tag[Standard.Length..] switch
        {
            "str" => JsonValue.Create(scalar.Value),
            "null" when plain is null => null,
            "bool" when kind is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False => plain,
            "int" or "float" when kind is System.Text.Json.JsonValueKind.Number => plain,
            _ => throw Error($"{_path}: {Quoted.Text(scalar.Value)} cannot be a {tag[Standard.Length..]}"),
        }
        : throw Error($"{_path}: the tag {Quoted.Text(tag)} is not known");
    }

    private string Key(Scalar key)
    {
        var value = Scalar(key);
        return value is null
            ? throw Error($"{_path}: a key is empty or null")
            : value.GetValueKind() == System.Text.Json.JsonValueKind.String ? value.GetValue<string>() : key.Value;
    }

    private void CheckTag(TagName tag, string standard)
    {
        if (!tag.IsEmpty && !tag.IsNonSpecific && tag.Value != "tag:yaml.org,2002:" + standard)
        {
            throw Error($"{_path}: the tag {Quoted.Text(tag.Value)} is not known");
        }
    }

    private void Remember(AnchorName anchor, JsonNode? node)
    {
        if (!anchor.IsEmpty)
        {
            _anchors[anchor.Value] = node;
        }
    }

    private void Count(int values)
    {
        _values += values;
        if (_values > _limits.MaxValues)
        {
            throw Error($"the document has more than {_limits.MaxValues} values, aliases replaced");
        }
    }

    private static int Size(JsonNode? node) => node switch
    {
        JsonObject map => 1 + map.Sum(p => Size(p.Value)),
        JsonArray list => 1 + list.Sum(Size),
        _ => 1,
    };

    private static int Depth(JsonNode? node) => node switch
    {
        JsonObject map => 1 + map.Select(p => Depth(p.Value)).DefaultIfEmpty().Max(),
        JsonArray list => 1 + list.Select(Depth).DefaultIfEmpty().Max(),
        _ => 0,
    };

    private void Deepen()
    {
        if (_path.Depth >= _limits.MaxDepth)
        {
            throw Error($"the document is nested more than {_limits.MaxDepth} levels deep");
        }
    }

    private ManifestException Error(string message) => new(message, Line, (int)(_parser.Current?.Start.Column ?? 0));
}
