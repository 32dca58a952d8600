namespace Insula.Api.Core;

/// <summary>An object whose keys become variables (core/v1 ConfigMapEnvSource, SecretEnvSource).</summary>
public sealed record EnvSource
{
    /// <summary>Its name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Whether it may be missing.</summary>
    public bool? Optional { get; init; }
}
