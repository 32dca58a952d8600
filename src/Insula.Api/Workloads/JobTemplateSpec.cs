using System.Text.Json.Nodes;
using Insula.Api.Meta;

namespace Insula.Api.Workloads;

/// <summary>What Jobs are made from (batch/v1 JobTemplateSpec).</summary>
public sealed record JobTemplateSpec
{
    /// <summary>Labels and annotations of the Jobs.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What the Jobs should be.</summary>
    public JsonObject Spec { get; init => field = value ?? []; } = [];
}
