using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Storage;
using Insula.Api.Validation;

namespace Insulad.Http.Strategies;

/// <summary>PersistentVolumeClaims: one that a pod uses is protected.</summary>
internal sealed class ClaimStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    public override bool HasStatus => true;

    public override IReadOnlyList<(string Name, string Kind, string[] Verbs)> Subresources => [("status", Kind.Kind, ["get", "patch", "update"])];

    public override IReadOnlyList<string> PrepareCreate(JsonObject document, string nodeName)
    {
        document["status"] = new JsonObject { ["phase"] = ClaimPhases.Pending };
        StorageDefaults.Protect(document, StorageWords.ClaimProtection);
        return [];
    }

    public override JsonObject Default(JsonObject document) => StorageDefaults.Claim(document);

    public override void CarryOver(JsonObject old, JsonObject document) => StorageDefaults.CarryOver(old, document);

    public override IReadOnlyList<FieldError> ValidateUpdate(JsonObject old, JsonObject document) => StorageValidation.ValidateClaimUpdate(old, document);

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => StorageValidation.Validate(ApiJson.Read<PersistentVolumeClaim>(document));
}
