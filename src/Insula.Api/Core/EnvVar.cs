namespace Insula.Api.Core;

/// <summary>An environment variable (core/v1 EnvVar).</summary>
public sealed record EnvVar
{
    /// <summary>The variable's name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Its value; $(VAR) refers to earlier variables, $$(VAR) escapes.</summary>
    public string? Value { get; init; }

    /// <summary>Where the value comes from instead.</summary>
    public EnvVarSource? ValueFrom { get; init; }
}
