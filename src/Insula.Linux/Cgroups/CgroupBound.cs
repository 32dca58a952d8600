namespace Insula.Linux.Cgroups;

/// <summary>A limit that everything of an instance is under together.</summary>
/// <param name="Group">The group that has it.</param>
/// <param name="Used">What is used of it.</param>
/// <param name="Limit">How much may be.</param>
public sealed record CgroupBound(string Group, long Used, long Limit);
