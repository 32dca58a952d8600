namespace Insula.Images;

/// <summary>Finds users and groups in an image's own <c>/etc/passwd</c> and <c>/etc/group</c>.</summary>
public static class ImageUsers
{
    /// <summary>
    /// Resolves <c>user[:group]</c>, each a name or a number; empty means uid 0. A word of digits is always a number.
    /// </summary>
    /// <param name="image">The image whose layers are read.</param>
    /// <param name="user">The text, from the image's configuration or an exec request.</param>
    /// <param name="limits">Bounds on what is read; null for the default ones.</param>
    /// <exception cref="ImageException">Not well formed, out of range, or not in the image.</exception>
    public static ImageUser Resolve(Image image, string user, ImageLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(user);
        throw new NotImplementedException();
    }

    /// <summary>Resolves <c>runAsUser</c> and <c>runAsGroup</c>: the group defaults to the user's own in the image, else 0.</summary>
    /// <param name="image">The image whose layers are read.</param>
    /// <param name="uid">User id.</param>
    /// <param name="gid">Primary group; null for the user's.</param>
    /// <param name="limits">Bounds on what is read; null for the default ones.</param>
    /// <exception cref="ImageException">The image's files cannot be read within the limits.</exception>
    public static ImageUser Resolve(Image image, uint uid, uint? gid, ImageLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        throw new NotImplementedException();
    }
}
