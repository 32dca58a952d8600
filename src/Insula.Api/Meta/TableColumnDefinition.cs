namespace Insula.Api.Meta;

/// <summary>One column of a Table (meta/v1).</summary>
public sealed record TableColumnDefinition
{
    /// <summary>Heading.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>OpenAPI type: string, integer, …</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>"name" marks the column that identifies the object.</summary>
    public string Format { get; init => field = value ?? ""; } = "";

    /// <summary>What the column shows.</summary>
    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary>0 shows always; more only with -o wide.</summary>
    public int Priority { get; init; }
}
