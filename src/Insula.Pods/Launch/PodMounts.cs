using Insula.Images;
using Insula.Volumes;

namespace Insula.Pods.Launch;

/// <summary>What a container's mounts may refer to.</summary>
/// <param name="Volumes">The pod's volumes.</param>
/// <param name="Images">By name, the images of those that are images.</param>
/// <param name="LayersDirectory">The directory that holds all layers.</param>
internal sealed record PodMounts(PodVolumes Volumes, IReadOnlyDictionary<string, Image> Images, string LayersDirectory)
{
    /// <summary>Whether all mounts of a volume are read-only, whatever they say.</summary>
    public bool IsReadOnly(string name) => Images.ContainsKey(name) || Volumes.IsReadOnly(name);
}
