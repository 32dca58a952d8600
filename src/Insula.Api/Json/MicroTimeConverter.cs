using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Insula.Api.Json;

/// <summary>RFC 3339 in UTC with microseconds (meta/v1 MicroTime).</summary>
public sealed class MicroTimeConverter : JsonConverter<DateTimeOffset>
{
    /// <summary>The text of a time.</summary>
    public static string Format(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TimeConverter.TryParse(reader.GetString(), out var time)
            ? time
            : throw new JsonException("a time such as 2026-01-31T12:00:00.000000Z is expected");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Format(value));
}
