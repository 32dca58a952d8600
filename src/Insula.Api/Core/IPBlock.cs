namespace Insula.Api.Core;

/// <summary>A range of addresses with gaps (networking.k8s.io/v1 IPBlock).</summary>
public sealed record IPBlock
{
    /// <summary>The range, IPv4 or IPv6.</summary>
    public string Cidr { get; init => field = value ?? ""; } = "";

    /// <summary>Ranges inside it that do not belong to it.</summary>
    public IReadOnlyList<string> Except { get; init => field = value ?? []; } = [];
}
