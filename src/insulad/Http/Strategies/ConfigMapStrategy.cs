using System.Text.Json.Nodes;
using Insula.Api.Configs;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Validation;

namespace Insulad.Http.Strategies;

/// <summary>ConfigMaps.</summary>
internal sealed class ConfigMapStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    public override IReadOnlyList<FieldError> ValidateUpdate(JsonObject old, JsonObject document) =>
        ConfigMapValidation.ValidateUpdate(ApiJson.Read<ConfigMap>(old), ApiJson.Read<ConfigMap>(document));

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => ConfigMapValidation.Validate(ApiJson.Read<ConfigMap>(document));
}
