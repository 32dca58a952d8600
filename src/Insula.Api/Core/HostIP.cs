namespace Insula.Api.Core;

/// <summary>An address of the machine (core/v1 HostIP).</summary>
public sealed record HostIP
{
    /// <summary>The address.</summary>
    public string Ip { get; init => field = value ?? ""; } = "";
}
