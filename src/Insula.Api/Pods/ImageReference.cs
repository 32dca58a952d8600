namespace Insula.Api.Pods;

/// <summary>The little that defaults need to know of an image reference.</summary>
internal static class ImageReference
{
    /// <summary>Whether the reference means the tag latest, which is looked up each time by default.</summary>
    public static bool IsLatest(string image)
    {
        if (image.Contains('@', StringComparison.Ordinal))
        {
            return false;
        }

        var last = image[(image.LastIndexOf('/') + 1)..];
        var colon = last.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 || last[(colon + 1)..] == "latest";
    }
}
