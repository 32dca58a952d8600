using System.Text.Json.Nodes;
using Insula.Api.Configs;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Validation;

namespace Insulad.Http.Strategies;

/// <summary>Secrets: texts become data before anything is stored.</summary>
internal sealed class SecretStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    public override JsonObject Default(JsonObject document) => SecretDefaults.Apply(document);

    public override void CarryOver(JsonObject old, JsonObject document)
    {
        if (document["type"] is null)
        {
            document["type"] = old["type"]?.DeepClone();
        }
    }

    public override IReadOnlyList<FieldError> ValidateUpdate(JsonObject old, JsonObject document) =>
        SecretValidation.ValidateUpdate(ApiJson.Read<Secret>(old), ApiJson.Read<Secret>(document));

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => SecretValidation.Validate(ApiJson.Read<Secret>(document));
}
