namespace Insula.Api.Workloads;

/// <summary>How the pods of a StatefulSet are numbered (apps/v1 StatefulSetOrdinals).</summary>
public sealed record StatefulSetOrdinals
{
    /// <summary>The first number. Default 0.</summary>
    public int? Start { get; init; }
}
