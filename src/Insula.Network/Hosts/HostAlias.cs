namespace Insula.Network.Hosts;

/// <summary>One entry of a pod's <c>hostAliases</c>.</summary>
/// <param name="Address">An IPv4 or IPv6 address.</param>
/// <param name="Names">The names it answers to; an entry without any is left out.</param>
public sealed record HostAlias(string Address, IReadOnlyList<string> Names);
