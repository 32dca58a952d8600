namespace Insula.Api.Ingresses;

/// <summary>Which port of a Service is meant: by name or by number (networking/v1 ServiceBackendPort).</summary>
public sealed record ServiceBackendPort
{
    /// <summary>The port's name.</summary>
    public string? Name { get; init; }

    /// <summary>The Service's port, 1 to 65535.</summary>
    public int? Number { get; init; }

    /// <summary>The port as messages name it.</summary>
    public override string ToString() => Name is { Length: > 0 } name ? name : Number?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "";
}
