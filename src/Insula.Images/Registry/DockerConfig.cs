using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Insula.Images.Registry;

/// <summary>
/// Credentials as <c>docker login</c> and <c>podman login</c> keep them, in <c>config.json</c> and in Secrets of the types
/// <c>kubernetes.io/dockerconfigjson</c> and <c>kubernetes.io/dockercfg</c>. An entry is for a registry or for repositories below a path of it, with
/// <c>*</c> for a part of the host's name, as Kubernetes reads them; the longest path comes first.
/// </summary>
public sealed class DockerConfig
{
    private const string DockerHub = "docker.io";
    private readonly JsonObject _auths;
    private readonly JsonObject? _helpers;
    private readonly string? _store;

    private DockerConfig(JsonObject auths, JsonObject? helpers, string? store) => (_auths, _helpers, _store) = (auths, helpers, store);

    /// <summary>Reads one.</summary>
    /// <param name="json">Its text.</param>
    /// <param name="bare">The older form, whose outermost object is the entries.</param>
    /// <exception cref="FormatException">It is none; what it holds is not told.</exception>
    public static DockerConfig Parse(ReadOnlySpan<byte> json, bool bare = false)
    {
        try
        {
            // Of an entry that is there twice nobody knows which is meant.
            if (JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) is JsonObject settings)
            {
                ReadTexts(settings);
                return bare
                    ? new DockerConfig(settings, null, null)
                    : new DockerConfig(settings["auths"] as JsonObject ?? [], settings["credHelpers"] as JsonObject, Text(settings["credsStore"]));
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Said below: the parser's words may quote a password.
        }

        throw new FormatException("this is not JSON of docker login");
    }

    /// <summary>The program that keeps a registry's credential, without <c>docker-credential-</c>, and the name it knows the registry by; null for none.</summary>
    public (string Helper, string Server)? HelperOf(string registry)
    {
        foreach (var key in KeysOf(registry))
        {
            if (Text(_helpers?[key]) is { Length: > 0 } helper)
            {
                return (helper, key);
            }
        }

        return _store is { Length: > 0 } && KeysOf(registry).FirstOrDefault(k => _auths[k] is JsonObject entry && !HasOwn(entry)) is { } server ? (_store, server) : null;
    }

    /// <summary>The credentials for a repository, the most particular first.</summary>
    /// <param name="registry">Its registry, with the port: <c>docker.io</c>, <c>example.com:5000</c>.</param>
    /// <param name="repository">Its path there.</param>
    /// <exception cref="FormatException">An entry for it is broken.</exception>
    public IReadOnlyList<RegistryCredential> Find(string registry, string repository) =>
    [
        .. _auths.Where(e => e.Value is JsonObject)
            .Select(e => (Place: PlaceOf(e.Key), e.Key, Entry: (JsonObject)e.Value!))
            .Where(e => IsFor(e.Place, registry, repository))
            .OrderByDescending(e => e.Place.Path.Length).ThenBy(e => e.Place.Host.Contains('*', StringComparison.Ordinal))
            .Select(e => Decode(e.Key, e.Entry)).OfType<RegistryCredential>(),
    ];

    // Texts are decoded when they are read: those that cannot be are found now.
    private static void ReadTexts(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                members.ToList().ForEach(m => ReadTexts(m.Value));
                break;
            case JsonArray items:
                items.ToList().ForEach(ReadTexts);
                break;
            default:
                _ = Text(node);
                break;
        }
    }

    private static string[] KeysOf(string registry) => registry == DockerHub
        ? ["https://index.docker.io/v1/", DockerHub, "index.docker.io", "registry-1.docker.io"]
        : [registry, $"https://{registry}"];

    private static (string Host, string Path) PlaceOf(string key)
    {
        var scheme = key.IndexOf("://", StringComparison.Ordinal);
        var rest = scheme < 0 ? key : key[(scheme + 3)..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var (host, path) = slash < 0 ? (rest, "") : (rest[..slash], rest[(slash + 1)..].Trim('/'));
        return (host is "index.docker.io" or "registry-1.docker.io" ? DockerHub : host, path is "v1" or "v2" ? "" : path);
    }

    private static bool IsFor((string Host, string Path) place, string registry, string repository)
    {
        if (place.Path.Length > 0 && repository != place.Path && !repository.StartsWith(place.Path + "/", StringComparison.Ordinal))
        {
            return false;
        }

        // A star stands for a part of the name, as far as the next dot.
        var (wanted, given) = (place.Host.Split('.'), registry.Split('.'));
        return wanted.Length == given.Length && wanted.Zip(given).All(p => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(p.First, p.Second, ignoreCase: true));
    }

    private static bool HasOwn(JsonObject entry) => Text(entry["auth"]) is { Length: > 0 } || Text(entry["username"]) is { Length: > 0 };

    private static RegistryCredential? Decode(string key, JsonObject entry)
    {
        if (Text(entry["auth"]) is not { Length: > 0 } auth)
        {
            return Text(entry["username"]) is { Length: > 0 } user && Text(entry["password"]) is { } password ? new RegistryCredential(user, password) : null;
        }

        var bytes = new byte[auth.Length];
        var text = Convert.TryFromBase64String(auth, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : "";
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0
            ? new RegistryCredential(text[..colon], text[(colon + 1)..].TrimEnd('\0'))
            : throw new FormatException($"the entry {Printable.Quote(key)} is not base64 of USER:PASSWORD");
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
