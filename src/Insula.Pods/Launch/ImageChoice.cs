using Insula.Api.Core;
using Insula.Images;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Launch;

/// <summary>Finds a container's image. None is pulled for a pod yet: an image is on the machine or it is missing.</summary>
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
                $"image \"{name}\" is not on this machine, and is not pulled for a pod yet: pull it with \"insula pull {name}\", or load it with \"insula load FILE\"");
    }
}
