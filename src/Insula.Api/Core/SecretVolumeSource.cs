namespace Insula.Api.Core;

/// <summary>Files from a Secret (core/v1 SecretVolumeSource).</summary>
public sealed record SecretVolumeSource
{
    /// <summary>Name of the Secret.</summary>
    public string SecretName { get; init => field = value ?? ""; } = "";

    /// <summary>Which keys become files; all when empty.</summary>
    public IReadOnlyList<KeyToPath> Items { get; init => field = value ?? []; } = [];

    /// <summary>Permission bits of the files; default 0644.</summary>
    public int? DefaultMode { get; init; }

    /// <summary>Whether it may be missing.</summary>
    public bool? Optional { get; init; }
}
