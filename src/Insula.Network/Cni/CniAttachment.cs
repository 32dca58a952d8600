using System.Text;
using System.Text.Json.Nodes;

namespace Insula.Network.Cni;

/// <summary>
/// What is written down of a sandbox on a CNI network: all that DEL has to be called with, whatever has become of the configuration since. It is
/// there before the first plug-in's ADD, and until DEL has worked.
/// </summary>
internal sealed record CniAttachment
{
    private const int Form = 1;

    /// <summary>The sandbox, which is the plug-ins' CNI_CONTAINERID.</summary>
    public required string SandboxId { get; init; }

    /// <summary>The list that it was connected by.</summary>
    public required CniList List { get; init; }

    /// <summary>The version that was spoken.</summary>
    public required string Version { get; init; }

    /// <summary>Where plug-ins were looked for.</summary>
    public required IReadOnlyList<string> Directories { get; init; }

    /// <summary>The interface in the pod.</summary>
    public required string Interface { get; init; }

    /// <summary>CNI_ARGS.</summary>
    public required string Arguments { get; init; }

    /// <summary>What can be told of the pod, by capability.</summary>
    public required JsonObject Capabilities { get; init; }

    /// <summary>What ADD has given; null before.</summary>
    public CniResult? Result { get; init; }

    /// <summary>Whether DEL is to be called, and has not worked yet.</summary>
    public bool Ending { get; init; }

    /// <summary>As it is written down.</summary>
    public byte[] ToBytes() => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["form"] = Form,
        ["sandbox"] = SandboxId,
        ["version"] = Version,
        ["interface"] = Interface,
        ["arguments"] = Arguments,
        ["directories"] = new JsonArray([.. Directories.Select(d => (JsonNode?)d)]),
        ["capabilities"] = Capabilities.DeepClone(),
        ["list"] = List.Json.DeepClone(),
        ["result"] = Result?.Json.DeepClone(),
        ["ending"] = Ending,
    }.ToJsonString());

    /// <summary>Reads it back.</summary>
    /// <exception cref="CniException">It is not what was written.</exception>
    public static CniAttachment Read(string text)
    {
        JsonObject json = JsonReading.Object(text, "the record");
        if (JsonReading.Number(json, "form", "") is not Form)
        {
            throw new CniException($"form: {Form} is expected");
        }

        string version = Required(json, "version");
        return new CniAttachment
        {
            SandboxId = Required(json, "sandbox"),
            Version = CniVersions.Spoken.Contains(version) ? version : throw new CniException("version: not one that is spoken"),
            Interface = Required(json, "interface"),
            Arguments = Required(json, "arguments"),
            Directories = JsonReading.Texts(json, "directories", "", int.MaxValue),
            Capabilities = JsonReading.Child(json, "capabilities", "") ?? [],
            List = CniList.Read(JsonReading.Child(json, "list", "") ?? throw new CniException("list: required")),
            Result = JsonReading.Child(json, "result", "") is { } result ? CniResult.Read(result, version) : null,
            Ending = JsonReading.Boolean(json, "ending", "") ?? false,
        };
    }

    private static string Required(JsonObject json, string key) => JsonReading.Text(json, key, "") ?? throw new CniException($"{key}: required");
}
