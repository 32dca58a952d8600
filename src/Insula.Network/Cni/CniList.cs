using System.Text.Json.Nodes;

namespace Insula.Network.Cni;

/// <summary>A network configuration list, the content of a <c>.conflist</c>. Pure; the text is not trusted.</summary>
internal sealed record CniList
{
    private const int MostPlugins = 32;
    private const int MostVersions = 32;
    private const int LongestName = 128;

    /// <summary>The largest file that is read, in bytes.</summary>
    public const int MostBytes = 1 << 20;

    /// <summary>The network's name.</summary>
    public required string Name { get; init; }

    /// <summary>The versions that may be spoken with its plug-ins.</summary>
    public required IReadOnlyList<string> Versions { get; init; }

    /// <summary>Whether CHECK is not to be called.</summary>
    public bool DisableCheck { get; init; }

    /// <summary>Whether GC is not to be called: others have attachments to this network, too.</summary>
    public bool DisableGC { get; init; }

    /// <summary>The plug-ins, in the order of ADD.</summary>
    public required IReadOnlyList<CniPlugin> Plugins { get; init; }

    /// <summary>All of it, to be written down.</summary>
    public required JsonObject Json { get; init; }

    /// <summary>Whether a plug-in wants to be told of this.</summary>
    public bool Has(string capability) => Plugins.Any(p => p.Capabilities.Contains(capability));

    /// <summary>Reads a list.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="CniException">It is not right; the message names the field.</exception>
    public static CniList Parse(string text) => Read(JsonReading.Object(text, "the content"));

    /// <summary>Reads a list from JSON.</summary>
    /// <exception cref="CniException">It is not right; the message names the field.</exception>
    public static CniList Read(JsonObject json)
    {
        string version = JsonReading.Text(json, "cniVersion", "") ?? throw new CniException("cniVersion: required");
        string[] versions = [version, .. JsonReading.Texts(json, "cniVersions", "", MostVersions)];
        foreach (string one in versions.Where(v => !CniVersions.IsVersion(v)))
        {
            throw new CniException($"cniVersion: \"{JsonReading.Printable(one)}\" is no version like 1.0.0");
        }

        if (!versions.Any(CniVersions.Spoken.Contains))
        {
            throw new CniException($"cniVersion: {string.Join(", ", versions.Distinct())}: spoken are {string.Join(", ", CniVersions.Spoken)}");
        }

        string name = JsonReading.Text(json, "name", "") ?? throw new CniException("name: required");
        if (name.Length is 0 or > LongestName || !char.IsAsciiLetterOrDigit(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-'))
        {
            throw new CniException($"name: \"{JsonReading.Printable(name)}\" is not 1 to {LongestName} letters, digits, _, . and -, of which the first is a letter or a digit");
        }

        if (json["plugins"] is null)
        {
            throw new CniException(json["type"] is null ? "plugins: required" : "plugins: required; this is a single plug-in's configuration, not a list");
        }

        IReadOnlyList<JsonObject> plugins = JsonReading.Objects(json, "plugins", "", MostPlugins);
        return new CniList
        {
            Name = name,
            Versions = [.. versions.Distinct()],
            DisableCheck = JsonReading.Boolean(json, "disableCheck", "") ?? false,
            DisableGC = JsonReading.Boolean(json, "disableGC", "") ?? false,
            Plugins = plugins.Count > 0 ? [.. plugins.Select((p, i) => Plugin(p, $"plugins[{i}]."))] : throw new CniException("plugins: at least one is required"),
            Json = json,
        };
    }

    private static CniPlugin Plugin(JsonObject json, string path)
    {
        string type = JsonReading.Text(json, "type", path) ?? throw new CniException($"{path}type: required");
        if (type.Length is 0 or > LongestName || type is "." or ".." || type.Any(c => c is '/' or '\0' || char.IsControl(c)))
        {
            throw new CniException($"{path}type: \"{JsonReading.Printable(type)}\" is no name of a program");
        }

        // These are ours to say; what stands there would be lost.
        foreach (string key in json.Select(p => p.Key).Where(k => k is "runtimeConfig" or "prevResult" || k.StartsWith("cni.dev/", StringComparison.Ordinal)))
        {
            throw new CniException($"{path}{JsonReading.Printable(key)}: is told to the plug-in by whoever runs it, and cannot be configured");
        }

        JsonObject? capabilities = JsonReading.Child(json, "capabilities", path);
        return new CniPlugin(
            type, capabilities is null ? [] : [.. capabilities.Select(c => c.Key).Where(c => JsonReading.Boolean(capabilities, c, $"{path}capabilities.") == true)], json);
    }
}
