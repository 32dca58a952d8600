namespace Insula.Network.Cni;

/// <summary>What a CNI network needs to know about its daemon.</summary>
public sealed record CniOptions
{
    /// <summary>Where plug-ins are when nothing is configured: Debian's directory, and the one of everybody else.</summary>
    public static readonly IReadOnlyList<string> DefaultPluginDirectories = ["/usr/lib/cni", "/opt/cni/bin"];

    /// <summary>The directory of the network's <c>.conflist</c>; <see langword="null"/>: pods are connected to the built-in network.</summary>
    public string? ConfigurationDirectory { get; init; }

    /// <summary>Where plug-ins are looked for, in order.</summary>
    public IReadOnlyList<string> PluginDirectories { get; init; } = DefaultPluginDirectories;

    /// <summary>Where attachments are written down; it outlives boots.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Where network namespaces are mounted for plug-ins; it is of this boot only.</summary>
    public required string NamespaceDirectory { get; init; }

    /// <summary>How long one call of a plug-in may take.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often is asked whether the network takes pods.</summary>
    public TimeSpan StatusPeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often plug-ins are told what there is, so that they give back anything else.</summary>
    public TimeSpan CollectionPeriod { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long is waited before a DEL that failed is tried again; twice as long each further time.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long is waited at most.</summary>
    public TimeSpan LongestRetry { get; init; } = TimeSpan.FromMinutes(5);
}
