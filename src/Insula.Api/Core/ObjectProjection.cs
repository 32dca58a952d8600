namespace Insula.Api.Core;

/// <summary>Files from a ConfigMap or Secret among others (core/v1 ConfigMapProjection, SecretProjection).</summary>
public sealed record ObjectProjection
{
    /// <summary>Name of the object.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Which keys become files; all when empty.</summary>
    public IReadOnlyList<KeyToPath> Items { get; init => field = value ?? []; } = [];

    /// <summary>Whether it may be missing.</summary>
    public bool? Optional { get; init; }
}
