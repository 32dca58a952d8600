using System.Text.Json.Nodes;
using Insula.Api.Kinds;
using Insula.Api.Validation;

namespace Insula.Api.Manifests;

/// <summary>One object of a manifest file.</summary>
public sealed record ManifestDocument
{
    /// <summary>The kind; null when the document names none that is known.</summary>
    public KindInfo? Kind { get; init; }

    /// <summary>The document without nulls, quantities in canonical form.</summary>
    public required JsonObject Object { get; init; }

    /// <summary>What is wrong with it.</summary>
    public IReadOnlyList<FieldError> Errors { get; init; } = [];

    /// <summary>What is accepted without effect.</summary>
    public IReadOnlyList<FieldWarning> Warnings { get; init; } = [];

    /// <summary>The paths of fields that Kubernetes does not have.</summary>
    public IReadOnlyList<string> OnlyHere { get; init; } = [];

    /// <summary>The lines of its fields.</summary>
    public required SourceMap Source { get; init; }

    /// <summary>The line it begins at, from 1.</summary>
    public int Line => Source.FirstLine;

    /// <summary>The name; empty when it has none.</summary>
    public string Name => Metadata("name") ?? "";

    /// <summary>The namespace it names; null when it names none.</summary>
    public string? Namespace => Metadata("namespace");

    private string? Metadata(string name) =>
        (Object["metadata"] as JsonObject)?[name] is JsonValue value && value.TryGetValue(out string? text) && text.Length > 0 ? text : null;
}
