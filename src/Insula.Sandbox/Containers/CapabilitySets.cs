namespace Insula.Sandbox.Containers;

/// <summary>The five capability sets of a process as bit masks, bit n for capability number n (capabilities(7)).</summary>
/// <param name="Bounding">What can ever be gained.</param>
/// <param name="Effective">What is in force.</param>
/// <param name="Permitted">What may be put in force.</param>
/// <param name="Inheritable">What passes through exec of files that allow it.</param>
/// <param name="Ambient">What passes through exec for users other than root.</param>
public sealed record CapabilitySets(ulong Bounding, ulong Effective, ulong Permitted, ulong Inheritable, ulong Ambient);
