using System.Text.Json;
using System.Text.Json.Serialization;

namespace Insula.Images.Formats;

/// <summary>
/// Reads the documents of an image. A member that appears twice refuses the document: two readers could take it
/// for two different images. Unknown members are allowed, as the specifications demand.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    AllowDuplicateProperties = false,
    MaxDepth = 32)]
[JsonSerializable(typeof(OciDocument))]
[JsonSerializable(typeof(OciImageConfiguration))]
[JsonSerializable(typeof(List<DockerArchiveEntry>))]
internal sealed partial class FormatsJson : JsonSerializerContext
{
    public static T Read<T>(ReadOnlySpan<byte> document, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string what)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(document, type)
                ?? throw new ImageException(ImageError.InvalidImage, $"{what} is null");
        }
        catch (JsonException e)
        {
            throw new ImageException(ImageError.InvalidImage, $"{what} is not the JSON it should be: {Printable.Text(e.Message)}", e);
        }
    }
}
