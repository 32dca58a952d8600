namespace Insula.Api.Core;

/// <summary>The parts of an SELinux context that differ from what the machine's policy has for containers (core/v1 SELinuxOptions).</summary>
public sealed record SELinuxOptions
{
    /// <summary>The user.</summary>
    public string? User { get; init; }

    /// <summary>The role.</summary>
    public string? Role { get; init; }

    /// <summary>The type, such as <c>container_t</c>.</summary>
    public string? Type { get; init; }

    /// <summary>The level with its categories, such as <c>s0:c123,c456</c>.</summary>
    public string? Level { get; init; }
}
