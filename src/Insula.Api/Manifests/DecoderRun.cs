using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Schema;
using Insula.Api.Validation;
using Quantity = Insula.Api.Values.Quantity;

namespace Insula.Api.Manifests;

/// <summary>One strict reading of one document.</summary>
internal sealed class DecoderRun
{
    // Enough to see what is wrong, few enough that a hostile document's answer stays small.
    private const int MostErrors = 100;

    private readonly FieldPath _path = new();

    // What is being read is shown in no message, however wrong it is.
    private bool _confidential;

    public List<FieldError> Errors { get; } = [];

    public List<FieldWarning> Warnings { get; } = [];

    /// <summary>The paths of fields that Kubernetes does not have.</summary>
    public List<string> OnlyHere { get; } = [];

    public JsonObject Run(JsonObject document, ObjectType type, bool complete, KindInfo kind)
    {
        var given = document;
        if (document["apiVersion"] is null || document["kind"] is null)
        {
            given = document.DeepClone().AsObject();
            given["apiVersion"] ??= kind.ApiVersion;
            given["kind"] ??= kind.Kind;
        }

        var result = Object(given, type, complete);
        Expect(result, "apiVersion", kind.ApiVersion);
        Expect(result, "kind", kind.Kind);
        return result;
    }

    public void Warn(string path, string message)
    {
        if (Warnings.Count < MostErrors)
        {
            Warnings.Add(new(path, message));
        }
    }

    /// <summary>What a value is, for messages: the string "x", the number 1, a list, …</summary>
    public static string Describe(JsonNode? node) => node?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "nothing",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "the string " + Quoted.Value(node),
        JsonValueKind.Number => "the number " + Quoted.Value(node),
        _ => "the boolean " + Quoted.Value(node),
    };

    private void Expect(JsonObject document, string name, string expected)
    {
        if (document[name] is JsonValue value && value.TryGetValue(out string? text) && text != expected)
        {
            Add(name, FieldErrorType.Invalid, $"expected {Quoted.Text(expected)}, found {Quoted.Text(text)}");
        }
    }

    private JsonObject Object(JsonObject given, ObjectType type, bool complete = true)
    {
        var result = new JsonObject();
        foreach (var (name, value) in given)
        {
            var field = type.Find(name);
            if (field is null && complete)
            {
                Unknown(name, type);
                continue;
            }

            if (value is null)
            {
                continue;
            }

            _path.Field(name);
            if (field is null)
            {
                result[name] = value.DeepClone();
            }
            else if (Field(field, value) is { } read)
            {
                result[name] = read;
            }

            _path.Up();
        }

        foreach (var field in type.Fields)
        {
            if (field.IsRequired && given[field.Name] is null)
            {
                Add(_path.Of(field.Name), FieldErrorType.Required, "Required value");
            }
        }

        return result;
    }

    private void Unknown(string name, ObjectType type)
    {
        var near = Suggestions.Closest(name, type.Fields.Where(f => !f.IsReadOnly).Select(f => f.Name));
        Add(_path.Of(name), FieldErrorType.Unknown, near is null ? "unknown field" : $"unknown field, did you mean {Quoted.Text(near)}?");
    }

    private JsonNode? Field(FieldInfo field, JsonNode value)
    {
        var asksForNothing = field.Support != FieldSupport.Supported && field.IsHarmless(value);
        if (field.Support == FieldSupport.Refused && !asksForNothing)
        {
            Refuse(field.Reason);
            return null;
        }

        if (field.Support == FieldSupport.Meaningless && !asksForNothing)
        {
            Warn(_path.ToString(), "has no effect: " + field.Reason);
        }

        if (field.IsOnlyHere)
        {
            OnlyHere.Add(_path.ToString());
        }

        _confidential = field.IsConfidential || (_confidential && field.ObjectType is null);
        switch (field.Shape)
        {
            case FieldShape.List:
                return value is JsonArray list ? List(field, list) : Wrong("a list", value);
            case FieldShape.Map:
                return value is JsonObject map ? Map(field, map) : Wrong("a map", value);
            default:
                return One(field, value);
        }
    }

    private void Refuse(string reason) => Add(
        _path.ToString(),
        FieldErrorType.Unsupported,
        reason.StartsWith(Define.NotYet, StringComparison.Ordinal) ? reason : "not supported: " + reason);

    private JsonArray List(FieldInfo field, JsonArray given)
    {
        var result = new JsonArray();
        for (var i = 0; i < given.Count; i++)
        {
            _path.Index(i);
            if (given[i] is not { } item)
            {
                Add(_path.ToString(), FieldErrorType.Required, "Required value: the item is null");
            }
            else if (One(field, item) is { } read)
            {
                result.Add(read);
            }

            _path.Up();
        }

        return result;
    }

    private JsonObject Map(FieldInfo field, JsonObject given)
    {
        var result = new JsonObject();
        foreach (var (key, item) in given)
        {
            _path.Key(key);
            // Kubernetes reads a null in a map of strings as the empty string.
            if (item is null && field.Type == FieldType.Text)
            {
                result[key] = "";
            }
            else if (item is not null && One(field, item) is { } read)
            {
                result[key] = read;
            }

            _path.Up();
        }

        return result;
    }

    private JsonNode? One(FieldInfo field, JsonNode value) => field.Type switch
    {
        FieldType.Object => value is JsonObject given ? Object(given, field.ObjectType!) : Wrong("an object", value),
        FieldType.Text => Text(field, value),
        FieldType.Integer => Integer(value, int.MinValue, int.MaxValue),
        FieldType.Long => Integer(value, long.MinValue, long.MaxValue),
        FieldType.Boolean => value.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? value.DeepClone() : Wrong("true or false", value),
        FieldType.Quantity => QuantityValue(value),
        FieldType.IntOrString => value.GetValueKind() == JsonValueKind.String ? value.DeepClone()
            : value.GetValueKind() == JsonValueKind.Number ? Integer(value, int.MinValue, int.MaxValue) : Wrong("an integer or a string", value),
        FieldType.Time => TimeValue(value),
        _ => value.DeepClone(),
    };

    private JsonNode? Text(FieldInfo field, JsonNode value)
    {
        if (value is not JsonValue node || !node.TryGetValue(out string? text))
        {
            return Wrong("a string", value);
        }

        if (field.Allowed.Count > 0 && !field.Allowed.Contains(text))
        {
            var near = Suggestions.Closest(text, field.Allowed);
            var all = string.Join(", ", field.Allowed.Where(a => !field.RefusedValues.ContainsKey(a)).Select(Quoted.Text));
            Add(_path.ToString(), FieldErrorType.NotSupported, $"Unsupported value: {Quoted.Text(text)}: supported values: {all}"
                + (near is null ? "" : $"; did you mean {Quoted.Text(near)}?"));
            return null;
        }

        if (field.RefusedValues.TryGetValue(text, out var reason))
        {
            Add(_path.ToString(), FieldErrorType.Unsupported, $"{Quoted.Text(text)} is {(reason == Define.NotYet ? reason : "not supported: " + reason)}");
            return null;
        }

        return JsonValue.Create(text);
    }

    private JsonNode? Integer(JsonNode value, long least, long most)
    {
        if (value.GetValueKind() != JsonValueKind.Number)
        {
            return Wrong("an integer", value);
        }

        var text = value.ToJsonString();
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
        {
            return Wrong("an integer", value);
        }

        if (number < least || number > most)
        {
            Add(_path.ToString(), FieldErrorType.TypeInvalid, $"the number {number} is out of range; it must be between {least} and {most}");
            return null;
        }

        return value.DeepClone();
    }

    private JsonNode? QuantityValue(JsonNode value)
    {
        var text = value.GetValueKind() switch
        {
            JsonValueKind.String => value.GetValue<string>(),
            JsonValueKind.Number => value.ToJsonString(),
            _ => null,
        };
        if (text is null)
        {
            return Wrong("a quantity such as 500m or 64Mi", value);
        }

        if (!Quantity.TryParse(text, out var quantity))
        {
            Add(_path.ToString(), FieldErrorType.Invalid, $"Invalid value: {Quoted.Text(text)}: no quantity; write a number with an optional suffix (m, k, M, G, Ki, Mi, Gi), e.g. 500m or 64Mi");
            return null;
        }

        return JsonValue.Create(quantity.ToString());
    }

    private JsonNode? TimeValue(JsonNode value) =>
        value is JsonValue node && node.TryGetValue(out string? text) && TimeConverter.TryParse(text, out _)
            ? value.DeepClone()
            : Wrong("a time such as 2026-01-31T12:00:00Z", value);

    private JsonNode? Wrong(string expected, JsonNode value)
    {
        if (_confidential)
        {
            var quotes = value.GetValueKind() is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False ? "; put it in quotes" : "";
            Add(_path.ToString(), FieldErrorType.TypeInvalid, $"expected {expected}, found something else, which is not shown{quotes}");
            return null;
        }

        var hint = (expected, value.GetValueKind()) switch
        {
            ("a string", JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False) => "; put it in quotes",
            ("an integer" or "true or false", JsonValueKind.String) => "; write it without quotes",
            ("a list", not JsonValueKind.Object) => "; write it as [" + Quoted.Value(value) + "] or as lines that begin with \"- \"",
            ("a list", _) => "; begin each item with \"- \"",
            _ => "",
        };
        Add(_path.ToString(), FieldErrorType.TypeInvalid, $"expected {expected}, found {Describe(value)}{hint}");
        return null;
    }

    private void Add(string path, FieldErrorType type, string detail)
    {
        if (Errors.Count < MostErrors)
        {
            Errors.Add(new(path, type, detail));
        }
    }
}
