using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Limits;
using Insula.Api.Validation;

namespace Insulad.Http.Strategies;

/// <summary>LimitRanges: heeded by <see cref="LimitStep"/>.</summary>
internal sealed class LimitRangeStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    public override JsonObject Default(JsonObject document) => LimitRangeDefaults.Apply(document);

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => LimitRangeValidation.Validate(ApiJson.Read<LimitRange>(document));
}
