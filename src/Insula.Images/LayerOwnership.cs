namespace Insula.Images;

/// <summary>How owners, device nodes and privileged attributes of a layer are applied.</summary>
public enum LayerOwnership
{
    /// <summary>As the layer says. Needs root.</summary>
    Preserve,

    /// <summary>
    /// Everything belongs to the calling user, device nodes and privileged attributes are left out, and
    /// opaque directories are marked <c>user.overlay.opaque</c> (overlayfs' <c>userxattr</c>). Needs no privilege.
    /// </summary>
    CurrentUser,
}
