using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Validation;
using Insula.Api.Workloads;

namespace Insulad.Http.Strategies;

/// <summary>ControllerRevisions.</summary>
internal sealed class ControllerRevisionStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    public override IReadOnlyList<FieldError> ValidateUpdate(JsonObject old, JsonObject document) =>
        ControllerRevisionValidation.ValidateUpdate(ApiJson.Read<ControllerRevision>(old), ApiJson.Read<ControllerRevision>(document));

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => ControllerRevisionValidation.Validate(ApiJson.Read<ControllerRevision>(document));
}
