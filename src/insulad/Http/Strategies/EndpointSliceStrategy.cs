using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Services;
using Insula.Api.Validation;

namespace Insulad.Http.Strategies;

/// <summary>EndpointSlices.</summary>
internal sealed class EndpointSliceStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    public override JsonObject Default(JsonObject document) => EndpointsDefaults.Apply(document);

    public override IReadOnlyList<FieldError> ValidateUpdate(JsonObject old, JsonObject document) =>
        EndpointsValidation.ValidateUpdate(ApiJson.Read<EndpointSlice>(old), ApiJson.Read<EndpointSlice>(document));

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => EndpointsValidation.Validate(ApiJson.Read<EndpointSlice>(document));
}
