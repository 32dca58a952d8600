namespace Insula.Api.Core;

/// <summary>A source whose keys all become variables (core/v1 EnvFromSource).</summary>
public sealed record EnvFromSource
{
    /// <summary>Put before each name.</summary>
    public string? Prefix { get; init; }

    /// <summary>A ConfigMap.</summary>
    public EnvSource? ConfigMapRef { get; init; }

    /// <summary>A Secret.</summary>
    public EnvSource? SecretRef { get; init; }
}
