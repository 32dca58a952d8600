namespace Insula.Api.Meta;

/// <summary>Objects as rows for people (meta.k8s.io/v1 Table).</summary>
public sealed record Table
{
    /// <summary>Always "Table".</summary>
    public string Kind { get; init => field = value ?? "Table"; } = "Table";

    /// <summary>Always "meta.k8s.io/v1".</summary>
    public string ApiVersion { get; init => field = value ?? "meta.k8s.io/v1"; } = "meta.k8s.io/v1";

    /// <summary>Version and paging of the list shown.</summary>
    public ListMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The columns.</summary>
    public IReadOnlyList<TableColumnDefinition> ColumnDefinitions { get; init => field = value ?? []; } = [];

    /// <summary>The rows.</summary>
    public IReadOnlyList<TableRow> Rows { get; init => field = value ?? []; } = [];
}
