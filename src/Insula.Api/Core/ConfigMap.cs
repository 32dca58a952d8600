using Insula.Api.Meta;
using Insula.Api.Values;

namespace Insula.Api.Core;

/// <summary>Texts and files for pods (core/v1 ConfigMap).</summary>
public sealed record ConfigMap
{
    /// <summary>Always "ConfigMap".</summary>
    public string Kind { get; init => field = value ?? "ConfigMap"; } = "ConfigMap";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Texts by key.</summary>
    public IReadOnlyDictionary<string, string> Data { get; init => field = value ?? Empty.Map; } = Empty.Map;

    /// <summary>Bytes by key, in base64.</summary>
    public IReadOnlyDictionary<string, string> BinaryData { get; init => field = value ?? Empty.Map; } = Empty.Map;

    /// <summary>Whether the data can never change.</summary>
    public bool? Immutable { get; init; }
}
