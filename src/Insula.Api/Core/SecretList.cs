using Insula.Api.Meta;

namespace Insula.Api.Core;

/// <summary>A list of Secrets (core/v1 SecretList).</summary>
public sealed record SecretList
{
    /// <summary>Always "SecretList".</summary>
    public string Kind { get; init => field = value ?? "SecretList"; } = "SecretList";

    /// <summary>Always "v1".</summary>
    public string ApiVersion { get; init => field = value ?? "v1"; } = "v1";

    /// <summary>Version and paging.</summary>
    public ListMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The objects.</summary>
    public IReadOnlyList<Secret> Items { get; init => field = value ?? []; } = [];
}
