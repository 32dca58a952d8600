namespace Insulad.Http;

/// <summary>The group of what Kubernetes has no API for: images, what pods use, and the machine.</summary>
internal static class ExtraGroup
{
    public const string Name = "insula.dev";

    public const string Version = "v1";

    public const string Prefix = "/apis/insula.dev/v1/";
}
