using Insula.Pods.Resizing;

namespace Insula.Pods.Lifecycle;

/// <summary>What is known of the pod's sandbox.</summary>
public sealed record SandboxObservation
{
    /// <summary>Where it stands.</summary>
    public SandboxStage Stage { get; init; }

    /// <summary>Which sandbox of the pod it is, from 0; at <see cref="SandboxStage.None"/> the number of the next.</summary>
    public int Attempt { get; init; }

    /// <summary>The pod's addresses, the first being the main one; kept after the sandbox is gone.</summary>
    public IReadOnlyList<string> Addresses { get; init; } = [];

    /// <summary>Why making or removing it failed.</summary>
    public Refusal? Failure { get; init; }

    /// <summary>Why the last sandbox was lost (<c>SandboxDied</c>, <c>Rebooted</c>); null once a new one is ready.</summary>
    public string? Lost { get; init; }

    /// <summary>What the pod as a whole is held to; null while there is no sandbox.</summary>
    public GroupLimits? Limits { get; init; }

    /// <summary>Whether what is set aside for the containers is being put into force.</summary>
    public bool IsResizing { get; init; }

    /// <summary>Why that failed.</summary>
    public Refusal? ResizeFailure { get; init; }
}
