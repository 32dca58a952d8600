using System.Text;
using System.Text.Json.Nodes;
using Insula.Api.Core;

namespace Insula.Api.Configs;

/// <summary>Fills in what a Secret does not say, and turns its texts into data.</summary>
public static class SecretDefaults
{
    /// <summary>Changes a decoded document in place, and returns it.</summary>
    public static JsonObject Apply(JsonObject secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        if (secret["type"] is null or JsonValue && (string?)secret["type"] is null or "")
        {
            secret["type"] = SecretTypes.Opaque;
        }

        if (secret["stringData"] is JsonObject texts)
        {
            var data = secret["data"] as JsonObject ?? [];
            secret["data"] ??= data;
            foreach (var (key, text) in texts)
            {
                data[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes((string?)text ?? ""));
            }
        }

        secret.Remove("stringData");
        return secret;
    }
}
