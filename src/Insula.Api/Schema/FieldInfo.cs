using System.Text.Json.Nodes;

namespace Insula.Api.Schema;

/// <summary>One field of an object type: what it is and what Insula does with it.</summary>
public sealed record FieldInfo
{
    private readonly Lazy<ObjectType?>? _object;

    // The object type is looked up at first use: the tables refer to one another while they are still being built.
    internal FieldInfo(string name, FieldType type, FieldShape shape, string doc, Func<ObjectType?>? objectType = null)
    {
        Name = name;
        Type = type;
        Shape = shape;
        Doc = doc;
        _object = objectType is null ? null : new(objectType);
    }

    /// <summary>The JSON name.</summary>
    public string Name { get; }

    /// <summary>The type of the value or values.</summary>
    public FieldType Type { get; }

    /// <summary>One, list or map.</summary>
    public FieldShape Shape { get; }

    /// <summary>What the field does, in a sentence or two.</summary>
    public string Doc { get; }

    /// <summary>The fields of the value, or of each item, when it is an object.</summary>
    public ObjectType? ObjectType => _object?.Value;

    /// <summary>What Insula does with the field.</summary>
    public FieldSupport Support { get; init; }

    /// <summary>Why it is refused or without meaning; empty when supported.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Whether it must be given.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Whether only the server writes it.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Whether Insula alone has it: a cluster refuses or ignores it.</summary>
    public bool IsOnlyHere { get; init; }

    /// <summary>Whether its values appear in no message.</summary>
    public bool IsConfidential { get; init; }

    /// <summary>The only values allowed; empty when free.</summary>
    public IReadOnlyList<string> Allowed { get; init; } = [];

    /// <summary>Of allowed values, those that are refused, each with the reason.</summary>
    public IReadOnlyDictionary<string, string> RefusedValues { get; init; } = new Dictionary<string, string>();

    /// <summary>JSON texts of values that a refused field may have all the same, since they ask for nothing.</summary>
    public IReadOnlyList<string> Harmless { get; init; } = [];

    /// <summary>For lists that strategic merge patches merge: the item's field that tells items apart, or "" for plain values.</summary>
    public string? MergeKey { get; init; }

    /// <summary>Whether a strategic merge patch of this object keeps only the fields named by <c>$retainKeys</c>.</summary>
    public bool RetainKeys { get; init; }

    /// <summary>The type as explain and the documentation write it: string, []Container, map[string]Quantity.</summary>
    public string TypeName
    {
        get
        {
            var one = Type switch
            {
                FieldType.Text => "string",
                FieldType.Integer or FieldType.Long => "integer",
                FieldType.Boolean => "boolean",
                FieldType.Quantity => "Quantity",
                FieldType.IntOrString => "IntOrString",
                FieldType.Time => "Time",
                FieldType.Object => ObjectType!.Name,
                _ => "Object",
            };
            return Shape switch
            {
                FieldShape.List => "[]" + one,
                FieldShape.Map => $"map[string]{one}",
                _ => one,
            };
        }
    }

    /// <summary>Whether a value of a refused field asks for nothing, so that it may stand.</summary>
    internal bool IsHarmless(JsonNode? value) => value switch
    {
        null => true,
        JsonArray { Count: 0 } when Shape == FieldShape.List => true,
        JsonObject { Count: 0 } when Shape == FieldShape.Map => true,
        _ => Harmless.Count > 0 && Harmless.Contains(value.ToJsonString()),
    };
}
