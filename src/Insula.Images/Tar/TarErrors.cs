namespace Insula.Images.Tar;

/// <summary>The refusals of the tar reader.</summary>
internal static class TarErrors
{
    public static ImageException Broken(string what) => new(ImageError.InvalidImage, $"broken tar: {what}");

    public static ImageException TooLarge(string what) => new(ImageError.TooLarge, $"tar: {what}");

    public static ImageException Unsupported(string what) => new(ImageError.Unsupported, $"tar: {what}");
}
