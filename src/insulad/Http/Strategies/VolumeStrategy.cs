using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Storage;
using Insula.Api.Validation;
using Insula.Volumes.Drivers;

namespace Insulad.Http.Strategies;

/// <summary>PersistentVolumes: one that is a claim's is protected.</summary>
internal sealed class VolumeStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    /// <summary>The drivers there are.</summary>
    public static IReadOnlySet<string> Drivers { get; } = new HashSet<string> { LocalVolumes.DriverName };

    public override bool HasStatus => true;

    public override IReadOnlyList<(string Name, string Kind, string[] Verbs)> Subresources => [("status", Kind.Kind, ["get", "patch", "update"])];

    public override IReadOnlyList<string> PrepareCreate(JsonObject document, string nodeName)
    {
        document["status"] = new JsonObject { ["phase"] = VolumePhases.Pending };
        StorageDefaults.Protect(document, StorageWords.VolumeProtection);
        return [];
    }

    public override JsonObject Default(JsonObject document) => StorageDefaults.Volume(document);

    public override IReadOnlyList<FieldError> ValidateUpdate(JsonObject old, JsonObject document) => StorageValidation.ValidateVolumeUpdate(old, document);

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => StorageValidation.Validate(ApiJson.Read<PersistentVolume>(document), Drivers);
}
