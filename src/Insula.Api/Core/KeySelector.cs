namespace Insula.Api.Core;

/// <summary>A key of a ConfigMap or Secret (core/v1 ConfigMapKeySelector, SecretKeySelector).</summary>
public sealed record KeySelector
{
    /// <summary>Name of the object.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The key.</summary>
    public string Key { get; init => field = value ?? ""; } = "";

    /// <summary>Whether it may be missing.</summary>
    public bool? Optional { get; init; }
}
