using System.Text.Json.Nodes;
using Insula.Api.Values;

namespace Insula.Api.Meta;

/// <summary>What every object has: its name, its labels, and what the store knows of it (meta/v1 ObjectMeta).</summary>
public sealed record ObjectMeta
{
    /// <summary>Unique within the namespace and the resource; a DNS subdomain (RFC 1123).</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Prefix from which the server makes a name when name is empty.</summary>
    public string? GenerateName { get; init; }

    /// <summary>The namespace; "default" when a request names none.</summary>
    public string? Namespace { get; init; }

    /// <summary>RFC 4122 text, set by the store; never used again, even for an object of the same name.</summary>
    public string? Uid { get; init; }

    /// <summary>Opaque version set by the store at each change.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Counts changes of the spec.</summary>
    public long? Generation { get; init; }

    /// <summary>When the store accepted the object.</summary>
    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary>When deletion was asked for; the object goes once its work is undone.</summary>
    public DateTimeOffset? DeletionTimestamp { get; init; }

    /// <summary>Seconds of grace that the deletion gives.</summary>
    public long? DeletionGracePeriodSeconds { get; init; }

    /// <summary>Keys and values that selectors match.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init => field = value ?? Empty.Map; } = Empty.Map;

    /// <summary>Keys and values without meaning to Insula.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init => field = value ?? Empty.Map; } = Empty.Map;

    /// <summary>Objects this one belongs to.</summary>
    public IReadOnlyList<OwnerReference> OwnerReferences { get; init => field = value ?? []; } = [];

    /// <summary>Names that keep a deleted object until each has been removed.</summary>
    public IReadOnlyList<string> Finalizers { get; init => field = value ?? []; } = [];

    /// <summary>Field ownership as clients sent it; stored, not interpreted.</summary>
    public JsonNode? ManagedFields { get; init; }

    /// <summary>Deprecated in Kubernetes and never set.</summary>
    public string? SelfLink { get; init; }
}
