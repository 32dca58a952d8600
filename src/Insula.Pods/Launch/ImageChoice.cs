using Insula.Api.Core;
using Insula.Images;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Launch;

/// <summary>Finds a container's image among those on the machine; what has to be pulled was pulled before.</summary>
internal static class ImageChoice
{
    public static Image Of(Container container, Func<string, Image?> resolve) => Of(container.Image ?? "", container.ImagePullPolicy, "Container image", resolve);

    /// <summary>The image of a volume.</summary>
    public static Image Of(Volume volume, Func<string, Image?> resolve) => Of(volume.Image!.Reference, volume.Image.PullPolicy, $"The image of volume {volume.Name},", resolve);

    private static Image Of(string name, string? policy, string what, Func<string, Image?> resolve)
    {
        Image? image;
        try
        {
            image = resolve(name);
        }
        catch (ImageException e) when (e.Error == ImageError.InvalidReference)
        {
            throw new LaunchRefusedException(Reasons.InvalidImageName, $"Failed to apply default image tag \"{name}\": {e.Message}", e);
        }

        if (image is not null)
        {
            return image;
        }

        throw policy == PullPolicies.Never
            ? new LaunchRefusedException(
                Reasons.ErrImageNeverPull,
                $"{what} \"{name}\" is not present with pull policy of Never: load it with \"insula load FILE\"")
            : new LaunchRefusedException(
                Reasons.ErrImagePull,
                $"image \"{name}\" is not on this machine: load it with \"insula load FILE\"");
    }
}
