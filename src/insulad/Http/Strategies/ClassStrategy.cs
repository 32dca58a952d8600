using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Storage;
using Insula.Api.Validation;

namespace Insulad.Http.Strategies;

/// <summary>StorageClasses; those of other provisioners are kept, since volumes may be made for them by hand.</summary>
internal sealed class ClassStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    public override IReadOnlyList<string> PrepareCreate(JsonObject document, string nodeName) =>
        document["provisioner"]?.ToString() is { Length: > 0 } provisioner && provisioner != "kubernetes.io/no-provisioner" && !VolumeStrategy.Drivers.Contains(provisioner)
            ? [$"provisioner: {provisioner} is not there: claims of this class wait for PersistentVolumes made by hand; {string.Join(", ", VolumeStrategy.Drivers)} makes them by itself"]
            : [];

    public override JsonObject Default(JsonObject document) => StorageDefaults.Class(document);

    public override IReadOnlyList<FieldError> ValidateUpdate(JsonObject old, JsonObject document) => StorageValidation.ValidateClassUpdate(old, document);

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => StorageValidation.Validate(ApiJson.Read<StorageClass>(document), VolumeStrategy.Drivers);
}
