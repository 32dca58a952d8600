namespace Insula.Linux.SecurityModules;

/// <summary>What a policy has for containers.</summary>
/// <param name="Process">The context of their processes.</param>
/// <param name="File">That of files they may write.</param>
public sealed record SELinuxContainerContexts(SELinuxContext Process, SELinuxContext File);
