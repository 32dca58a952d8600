using Insula.Api.Meta;
using Insula.Api.Values;

namespace Insula.Api.Core;

/// <summary>Confidential data for pods (core/v1 Secret).</summary>
public sealed record Secret
{
    /// <summary>Always "Secret".</summary>
    public string Kind { get; init => field = value ?? "Secret"; } = "Secret";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Name, labels and what the store knows.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What it is for; see SecretTypes.</summary>
    public string? Type { get; init; }

    /// <summary>Bytes by key, in base64.</summary>
    public IReadOnlyDictionary<string, string> Data { get; init => field = value ?? Empty.Map; } = Empty.Map;

    /// <summary>Whether the data can never change.</summary>
    public bool? Immutable { get; init; }
}
