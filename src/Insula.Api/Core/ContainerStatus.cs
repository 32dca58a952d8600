using System.Text.Json.Nodes;
using Insula.Api.Values;

namespace Insula.Api.Core;

/// <summary>What is known of a container (core/v1 ContainerStatus).</summary>
public sealed record ContainerStatus
{
    /// <summary>The container's name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Its present state.</summary>
    public ContainerState State { get; init => field = value ?? new(); } = new();

    /// <summary>How its last run ended.</summary>
    public ContainerState LastState { get; init => field = value ?? new(); } = new();

    /// <summary>Whether it is ready.</summary>
    public bool Ready { get; init; }

    /// <summary>How often it was restarted; the attempt number of the present run.</summary>
    public int RestartCount { get; init; }

    /// <summary>The image as the manifest names it, normalised.</summary>
    public string Image { get; init => field = value ?? ""; } = "";

    /// <summary>Digest of the image.</summary>
    public string ImageID { get; init => field = value ?? ""; } = "";

    /// <summary>insula://uid/name.attempt.</summary>
    public string? ContainerID { get; init; }

    /// <summary>Whether it has passed its startup probe.</summary>
    public bool? Started { get; init; }

    /// <summary>Resources set aside for it.</summary>
    public IReadOnlyDictionary<string, Quantity> AllocatedResources { get; init => field = value ?? Empty.Quantities; } = Empty.Quantities;

    /// <summary>Resources in force.</summary>
    public ResourceRequirements? Resources { get; init; }

    /// <summary>Status of its mounts.</summary>
    public IReadOnlyList<VolumeMountStatus> VolumeMounts { get; init => field = value ?? []; } = [];

    /// <summary>The user its first process began as.</summary>
    public ContainerUser? User { get; init; }

    /// <summary>Health of allocated devices.</summary>
    public JsonNode? AllocatedResourcesStatus { get; init; }

    /// <summary>Effective stop signal.</summary>
    public string? StopSignal { get; init; }
}
