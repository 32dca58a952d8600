namespace Insula.Volumes;

/// <summary>A volume that is not the pod's own and lasts longer: where it is, and how it is used.</summary>
/// <param name="Path">Absolute path of the machine.</param>
/// <param name="Type">What must be there or is made, as <c>hostPath.type</c>; empty for no check.</param>
/// <param name="TakesGroup">Whether it is given to the pod's group.</param>
/// <param name="ReadOnly">Whether all mounts are read-only.</param>
public sealed record LastingVolume(string Path, string Type, bool TakesGroup, bool ReadOnly);
