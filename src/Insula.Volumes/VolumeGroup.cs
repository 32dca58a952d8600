namespace Insula.Volumes;

/// <summary>The group that a pod's volumes belong to.</summary>
/// <param name="Id">The group (<c>fsGroup</c>), as the pod sees it.</param>
/// <param name="Always">Whether what a volume holds already is changed whatever its root looks like (<c>fsGroupChangePolicy: Always</c>).</param>
public sealed record VolumeGroup(uint Id, bool Always);
