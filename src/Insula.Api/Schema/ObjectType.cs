using System.Collections.Frozen;

namespace Insula.Api.Schema;

/// <summary>An object type of the API and its fields.</summary>
public sealed class ObjectType
{
    private readonly FrozenDictionary<string, FieldInfo> _byName;

    internal ObjectType(string name, string doc, params IReadOnlyList<FieldInfo> fields)
    {
        Name = name;
        Doc = doc;
        Fields = fields;
        _byName = fields.ToFrozenDictionary(f => f.Name);
    }

    /// <summary>The type's name as Kubernetes has it, e.g. PodSpec.</summary>
    public string Name { get; }

    /// <summary>What it is.</summary>
    public string Doc { get; }

    /// <summary>The fields, in the order the documentation shows them.</summary>
    public IReadOnlyList<FieldInfo> Fields { get; }

    /// <summary>The field of a name; null when there is none.</summary>
    public FieldInfo? Find(string name) => _byName.GetValueOrDefault(name);
}
