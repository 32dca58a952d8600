using Insula.Api.Core;
using Insula.Api.Meta;

namespace Insula.Api.Workloads;

/// <summary>What pods are made from (core/v1 PodTemplateSpec).</summary>
public sealed record PodTemplateSpec
{
    /// <summary>Labels and annotations of the pods.</summary>
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What the pods should be.</summary>
    public PodSpec Spec { get; init => field = value ?? new(); } = new();
}
