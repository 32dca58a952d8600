namespace Insula.Images.Formats;

/// <summary>The media types that are read.</summary>
internal static class MediaTypes
{
    public const string Index = "application/vnd.oci.image.index.v1+json";
    public const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    private const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
    private const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

    public static bool IsIndex(string? type) => type is Index or DockerList;

    public static bool IsManifest(string? type) => type is Manifest or DockerManifest;

    public static bool IsConfiguration(string? type) =>
        type is "application/vnd.oci.image.config.v1+json" or "application/vnd.docker.container.image.v1+json";

    /// <exception cref="ImageException">The layer is of a kind that is not read.</exception>
    public static void CheckLayer(string? type)
    {
        switch (type)
        {
            case "application/vnd.oci.image.layer.v1.tar":
            case "application/vnd.oci.image.layer.v1.tar+gzip":
            case "application/vnd.oci.image.layer.v1.tar+zstd":
            case "application/vnd.oci.image.layer.nondistributable.v1.tar":
            case "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip":
            case "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd":
            case "application/vnd.docker.image.rootfs.diff.tar":
            case "application/vnd.docker.image.rootfs.diff.tar.gzip":
            case "application/vnd.docker.image.rootfs.diff.tar.zstd":
            case "application/vnd.docker.image.rootfs.foreign.diff.tar":
            case "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip":
                return;
            case { } when type.EndsWith("+encrypted", StringComparison.Ordinal):
                throw new ImageException(ImageError.Unsupported, "a layer is encrypted, which is not read");
            default:
                throw new ImageException(
                    ImageError.Unsupported, $"a layer has the media type {Printable.Quote(type ?? "")}: the archive holds something other than a container image");
        }
    }
}
