namespace Insula.Api.Kinds;

/// <summary>A kind of object and how it is named in paths and on the command line.</summary>
public sealed record KindInfo
{
    /// <summary>The kind, e.g. Pod.</summary>
    public required string Kind { get; init; }

    /// <summary>The API group; empty for the core group.</summary>
    public string Group { get; init; } = "";

    /// <summary>The version, e.g. v1.</summary>
    public string Version { get; init; } = "v1";

    /// <summary>The resource in paths, e.g. pods.</summary>
    public required string Plural { get; init; }

    /// <summary>The resource in the singular, e.g. pod.</summary>
    public string Singular => Kind.ToLowerInvariant();

    /// <summary>Short names, e.g. po.</summary>
    public IReadOnlyList<string> ShortNames { get; init; } = [];

    /// <summary>Whether objects live in a namespace.</summary>
    public bool Namespaced { get; init; } = true;

    /// <summary>What Insula does with it.</summary>
    public KindSupport Support { get; init; }

    /// <summary>Why it is refused or without meaning; empty when supported.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Group and version as manifests write them: v1, apps/v1.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The resource as messages and -o name write it: pods, deployments.apps.</summary>
    public string QualifiedPlural => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
}
