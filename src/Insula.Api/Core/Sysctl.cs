namespace Insula.Api.Core;

/// <summary>A kernel setting of the pod's namespaces (core/v1 Sysctl).</summary>
public sealed record Sysctl
{
    /// <summary>Its name, with dots or slashes between its parts.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Its value.</summary>
    public string Value { get; init => field = value ?? ""; } = "";
}
