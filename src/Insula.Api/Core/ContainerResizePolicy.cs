namespace Insula.Api.Core;

/// <summary>What a change of one resource of a running container takes (core/v1 ContainerResizePolicy).</summary>
public sealed record ContainerResizePolicy
{
    /// <summary>cpu or memory.</summary>
    public string ResourceName { get; init => field = value ?? ""; } = "";

    /// <summary>See <see cref="ResizeRestartPolicies"/>.</summary>
    public string RestartPolicy { get; init => field = value ?? ""; } = "";
}
