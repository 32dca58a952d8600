using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Policies;
using Insula.Api.Validation;

namespace Insulad.Http.Strategies;

/// <summary>NetworkPolicies.</summary>
internal sealed class NetworkPolicyStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    public override JsonObject Default(JsonObject document) => NetworkPolicyDefaults.Apply(document);

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => NetworkPolicyValidation.Validate(ApiJson.Read<NetworkPolicy>(document));
}
