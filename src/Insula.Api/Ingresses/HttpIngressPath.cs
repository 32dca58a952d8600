namespace Insula.Api.Ingresses;

/// <summary>A path and what it leads to (networking/v1 HTTPIngressPath).</summary>
public sealed record HttpIngressPath
{
    /// <summary>The path, which begins with a slash.</summary>
    public string? Path { get; init; }

    /// <summary>How it is compared; see <see cref="PathTypes"/>.</summary>
    public string? PathType { get; init; }

    /// <summary>What it leads to.</summary>
    public IngressBackend Backend { get; init => field = value ?? new(); } = new();
}
