namespace Insula.Api.Core;

/// <summary>A line of /etc/hosts (core/v1 HostAlias).</summary>
public sealed record HostAlias
{
    /// <summary>The address.</summary>
    public string Ip { get; init => field = value ?? ""; } = "";

    /// <summary>The names.</summary>
    public IReadOnlyList<string> Hostnames { get; init => field = value ?? []; } = [];
}
