using System.Text.Json.Nodes;

namespace Insula.Api.Schema;

/// <summary>The words in which the tables of fields are written.</summary>
internal static class Define
{
    public const string NotYet = "not supported yet";

    public static FieldInfo Text(string name, string doc) => new(name, FieldType.Text, FieldShape.One, doc);

    public static FieldInfo Int(string name, string doc) => new(name, FieldType.Integer, FieldShape.One, doc);

    public static FieldInfo Long(string name, string doc) => new(name, FieldType.Long, FieldShape.One, doc);

    public static FieldInfo Bool(string name, string doc) => new(name, FieldType.Boolean, FieldShape.One, doc);

    public static FieldInfo Quantity(string name, string doc) => new(name, FieldType.Quantity, FieldShape.One, doc);

    public static FieldInfo IntOrString(string name, string doc) => new(name, FieldType.IntOrString, FieldShape.One, doc);

    public static FieldInfo Time(string name, string doc) => new(name, FieldType.Time, FieldShape.One, doc);

    public static FieldInfo Any(string name, string doc) => new(name, FieldType.Any, FieldShape.One, doc);

    public static FieldInfo Texts(string name, string doc) => new(name, FieldType.Text, FieldShape.List, doc);

    public static FieldInfo Longs(string name, string doc) => new(name, FieldType.Long, FieldShape.List, doc);

    public static FieldInfo Ints(string name, string doc) => new(name, FieldType.Integer, FieldShape.List, doc);

    public static FieldInfo TextMap(string name, string doc) => new(name, FieldType.Text, FieldShape.Map, doc);

    public static FieldInfo QuantityMap(string name, string doc) => new(name, FieldType.Quantity, FieldShape.Map, doc);

    public static FieldInfo One(string name, Func<ObjectType?> type, string doc) => new(name, FieldType.Object, FieldShape.One, doc, type);

    public static FieldInfo Many(string name, Func<ObjectType?> type, string doc, string? mergeKey = null) =>
        new(name, FieldType.Object, FieldShape.List, doc, type) { MergeKey = mergeKey };

    public static FieldInfo Required(this FieldInfo field) => field with { IsRequired = true };

    public static FieldInfo ReadOnly(this FieldInfo field) => field with { IsReadOnly = true };

    public static FieldInfo Confidential(this FieldInfo field) => field with { IsConfidential = true };

    public static FieldInfo OneOf(this FieldInfo field, params IReadOnlyList<string> values) => field with { Allowed = values };

    /// <summary>Refuses one of the allowed values.</summary>
    public static FieldInfo Except(this FieldInfo field, string value, string reason) =>
        field with { RefusedValues = new Dictionary<string, string>(field.RefusedValues) { [value] = reason } };

    public static FieldInfo Refused(this FieldInfo field, string reason = NotYet, params IReadOnlyList<JsonNode> harmless) =>
        field with { Support = FieldSupport.Refused, Reason = reason, Harmless = [.. harmless.Select(h => h.ToJsonString())] };

    /// <summary>One that Kubernetes does not have.</summary>
    public static FieldInfo OnlyHere(this FieldInfo field) => field with { IsOnlyHere = true };

    public static FieldInfo Meaningless(this FieldInfo field, string reason) =>
        field with { Support = FieldSupport.Meaningless, Reason = reason };

    public static FieldInfo MergedByValue(this FieldInfo field) => field with { MergeKey = "" };

    public static FieldInfo RetainsKeys(this FieldInfo field) => field with { RetainKeys = true };
}
