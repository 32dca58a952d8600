using System.Text;

namespace Insula.Images.Tar;

/// <summary>Names in a tar are bytes; those that are not UTF-8 are refused rather than changed on their way to the disk.</summary>
internal static class TarText
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static string Decode(ReadOnlySpan<byte> bytes, string what)
    {
        if (bytes.Contains((byte)0))
        {
            throw TarErrors.Broken($"{what} has a NUL inside");
        }

        try
        {
            return s_strict.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new ImageException(ImageError.Unsupported, $"tar: {what} is not UTF-8: {Printable.Quote(Encoding.Latin1.GetString(bytes))}", e);
        }
    }
}
