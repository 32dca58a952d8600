using Insula.Linux;

namespace Insula.Sandbox.Plans;

/// <summary>A finished plan: NUL-terminated words and the descriptors they refer to by position. The descriptors stay
/// whoever's they are.</summary>
/// <param name="Words">The words as they go into the memfd.</param>
/// <param name="Descriptors">The descriptors in the order of their numbers.</param>
internal sealed record LaunchPlan(byte[] Words, IReadOnlyList<Descriptor> Descriptors);
