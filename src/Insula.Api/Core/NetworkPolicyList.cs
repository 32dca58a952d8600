using Insula.Api.Meta;

namespace Insula.Api.Core;

/// <summary>A list of NetworkPolicies (networking.k8s.io/v1 NetworkPolicyList).</summary>
public sealed record NetworkPolicyList
{
    /// <summary>Always "NetworkPolicyList".</summary>
    public string Kind { get; init => field = value ?? "NetworkPolicyList"; } = "NetworkPolicyList";

    /// <summary>Always "networking.k8s.io/v1".</summary>
    public string ApiVersion { get; init => field = value ?? "networking.k8s.io/v1"; } = "networking.k8s.io/v1";

    /// <summary>Version and paging.</summary>
    public ListMeta Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The objects.</summary>
    public IReadOnlyList<NetworkPolicy> Items { get; init => field = value ?? []; } = [];
}
