using System.Text;
using Insula.Images;
using Insula.Images.Tar;

namespace Insula.Fuzz;

/// <summary>References to images, and archives as they come: tar headers.</summary>
internal static class ImageTargets
{
    public static void Reference(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        try
        {
            var reference = ImageReference.Parse(text);
            Targets.Check(ImageReference.Parse(reference.ToString()).ToString() == reference.ToString(), $"{text} in full is itself in full");
        }
        catch (ImageException e)
        {
            Targets.Check(!e.Message.Any(char.IsControl), $"a message has no control characters: {e.Message}");
        }
    }

    public static void Tar(byte[] input)
    {
        try
        {
            var reader = new TarReader(new MemoryStream(input), maxEntries: 1000);
            while (reader.Next() is not null)
            {
            }
        }
        catch (ImageException e)
        {
            Targets.Check(!e.Message.Any(char.IsControl), $"a message has no control characters: {e.Message}");
        }
    }
}
