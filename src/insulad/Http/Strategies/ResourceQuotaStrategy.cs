using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Quotas;
using Insula.Api.Validation;

namespace Insulad.Http.Strategies;

/// <summary>ResourceQuotas: heeded by <see cref="Insulad.Quotas.QuotaLedger"/>.</summary>
internal sealed class ResourceQuotaStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    public override bool HasStatus => true;

    public override IReadOnlyList<(string Name, string Kind, string[] Verbs)> Subresources => [("status", "ResourceQuota", ["get", "patch", "update"])];

    public override IReadOnlyList<FieldError> ValidateUpdate(JsonObject old, JsonObject document) =>
        ResourceQuotaValidation.ValidateUpdate(ApiJson.Read<ResourceQuota>(old), ApiJson.Read<ResourceQuota>(document));

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => ResourceQuotaValidation.Validate(ApiJson.Read<ResourceQuota>(document));
}
