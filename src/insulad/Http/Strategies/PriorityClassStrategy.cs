using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Priorities;
using Insula.Api.Validation;

namespace Insulad.Http.Strategies;

/// <summary>PriorityClasses.</summary>
internal sealed class PriorityClassStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    public override JsonObject Default(JsonObject document)
    {
        document["preemptionPolicy"] ??= PreemptionPolicies.PreemptLowerPriority;
        return document;
    }

    public override IReadOnlyList<FieldError> ValidateUpdate(JsonObject old, JsonObject document) =>
        PriorityClassValidation.ValidateUpdate(ApiJson.Read<PriorityClass>(old), ApiJson.Read<PriorityClass>(document));

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => PriorityClassValidation.Validate(ApiJson.Read<PriorityClass>(document));
}
