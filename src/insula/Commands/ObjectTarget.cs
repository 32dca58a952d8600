using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary>An object of a kind, by name, with the document that describes it where there is one.</summary>
internal sealed record ObjectTarget(ResourceType Type, string? Namespace, string Name, JsonObject Document)
{
    /// <summary>Where the document came from, for errors: file and line.</summary>
    public string? Origin { get; init; }

    public string CollectionPath => Type.Collection(Namespace);

    public string Path => $"{CollectionPath}/{Uri.EscapeDataString(Name)}";

    /// <summary>As kubectl says it: pod/hello.</summary>
    public string Reference => $"{Type.Singular}/{Name}";

    /// <summary>The path that watches this one object.</summary>
    public string WatchPath(string? since) =>
        $"{CollectionPath}?watch=true&fieldSelector=metadata.name%3D{Uri.EscapeDataString(Name)}"
        + (since is null ? "" : $"&resourceVersion={since}");

    /// <summary>
    /// The object, null when there is none, and the version from which a watch misses nothing. Not the object's own: a daemon that was killed
    /// remembers no changes from before.
    /// </summary>
    public async Task<(JsonObject? Object, string? Since)> LookAsync(ApiClient client, CancellationToken ct)
    {
        var list = await client.GetAsync($"{CollectionPath}?fieldSelector=metadata.name%3D{Uri.EscapeDataString(Name)}", ct);
        var found = (list["items"] as JsonArray)?.FirstOrDefault() as JsonObject;
        return (found, (string?)list["metadata"]?["resourceVersion"]);
    }

    public static ObjectTarget Of(ManifestDocument document, string ns, bool nameNeeded = true)
    {
        var json = document.Json;
        var metadata = json["metadata"] as JsonObject ?? [];
        if (metadata.Parent is null)
        {
            json["metadata"] = metadata;
        }

        var type = document.Type;
        var name = (string?)metadata["name"];
        if (string.IsNullOrEmpty(name) && (nameNeeded || metadata["generateName"] is null))
        {
            throw new CommandException($"{document.Origin}: metadata.name is missing");
        }

        if (type.Namespaced)
        {
            metadata["namespace"] ??= ns;
        }

        return new ObjectTarget(type, type.Namespaced ? (string?)metadata["namespace"] : null, name ?? "", json)
        {
            Origin = document.Origin,
        };
    }

    /// <summary>Whether this is the Namespace that the other object lives in.</summary>
    public bool CreatesNamespaceOf(ObjectTarget other) => Type.Plural == "namespaces" && other.Namespace == Name;

    /// <summary>Runs a request and names the manifest in its error.</summary>
    public async Task<T> TryAsync<T>(Func<Task<T>> request)
    {
        try
        {
            return await request();
        }
        catch (CommandException e) when (Origin is not null)
        {
            throw new CommandException($"{Origin}: {e.Message}", e.ExitCode, e) { Code = e.Code };
        }
    }
}
