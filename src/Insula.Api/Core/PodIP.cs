namespace Insula.Api.Core;

/// <summary>An address of a pod (core/v1 PodIP).</summary>
public sealed record PodIP
{
    /// <summary>The address.</summary>
    public string Ip { get; init => field = value ?? ""; } = "";
}
