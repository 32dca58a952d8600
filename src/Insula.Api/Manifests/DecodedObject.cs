using System.Text.Json.Nodes;
using Insula.Api.Kinds;
using Insula.Api.Validation;

namespace Insula.Api.Manifests;

/// <summary>A document after strict reading.</summary>
public sealed record DecodedObject
{
    /// <summary>The kind; null when the document names none that is known.</summary>
    public KindInfo? Kind { get; init; }

    /// <summary>The document without nulls, quantities in canonical form.</summary>
    public required JsonObject Object { get; init; }

    /// <summary>What is wrong, in the document's order; at most 100.</summary>
    public IReadOnlyList<FieldError> Errors { get; init; } = [];

    /// <summary>What is accepted but has no effect here; each begins with the path.</summary>
    public IReadOnlyList<FieldWarning> Warnings { get; init; } = [];

    /// <summary>The paths of fields that Kubernetes does not have.</summary>
    public IReadOnlyList<string> OnlyHere { get; init; } = [];
}
