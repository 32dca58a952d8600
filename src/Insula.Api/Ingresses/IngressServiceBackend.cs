namespace Insula.Api.Ingresses;

/// <summary>A port of a Service (networking/v1 IngressServiceBackend).</summary>
public sealed record IngressServiceBackend
{
    /// <summary>The Service's name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Which of its ports.</summary>
    public ServiceBackendPort Port { get; init => field = value ?? new(); } = new();
}
