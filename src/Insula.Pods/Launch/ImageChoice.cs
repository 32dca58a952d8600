using Insula.Api.Core;
using Insula.Images;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Launch;

/// <summary>Finds a container's image among those on the machine; what has to be pulled was pulled before.</summary>
internal static class ImageChoice
{
    public static Image Of(Container container, Func<string, Image?> resolve)
    {
        var name = container.Image ?? "";
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

        throw container.ImagePullPolicy == PullPolicies.Never
            ? new LaunchRefusedException(
                Reasons.ErrImageNeverPull,
                $"Container image \"{name}\" is not present with pull policy of Never: load it with \"insula load FILE\"")
            : new LaunchRefusedException(
                Reasons.ErrImagePull,
                $"image \"{name}\" is not on this machine: load it with \"insula load FILE\"");
    }
}
