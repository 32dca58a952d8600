namespace Insula.Images;

/// <summary>Kinds of failures, for callers that answer differently to each.</summary>
public enum ImageError
{
    /// <summary>A reference is not well formed (Kubernetes: <c>InvalidImageName</c>).</summary>
    InvalidReference,

    /// <summary>The archive, layout or layer is broken, or tries what a layer may not.</summary>
    InvalidImage,

    /// <summary>It needs a format this version does not read.</summary>
    Unsupported,

    /// <summary>A limit of <see cref="ImageLimits"/> is passed.</summary>
    TooLarge,

    /// <summary>It has nothing for this machine's platform.</summary>
    WrongPlatform,

    /// <summary>There is no such image in the store.</summary>
    NotFound,

    /// <summary>It is in use and cannot be removed.</summary>
    InUse,

    /// <summary>The user or group is not well formed, or the image does not have it.</summary>
    InvalidUser,

    /// <summary>A registry cannot be reached, or does not give what is asked for (Kubernetes: <c>ErrImagePull</c>).</summary>
    Registry,

    /// <summary>A registry does not give it to who asks.</summary>
    Denied,

    /// <summary>The store's own disk failed or is full.</summary>
    Storage,
}
