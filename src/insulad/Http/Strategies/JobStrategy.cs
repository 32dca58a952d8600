using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Validation;
using Insula.Api.Workloads;

namespace Insulad.Http.Strategies;

/// <summary>Jobs: they know their pods by a label with their uid, which is made for it.</summary>
internal sealed class JobStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    public override bool HasStatus => true;

    public override IReadOnlyList<(string Name, string Kind, string[] Verbs)> Subresources => [("status", Kind.Kind, ["get", "patch", "update"])];

    public override IReadOnlyList<string> PrepareCreate(JsonObject document, string nodeName)
    {
        var uid = Guid.NewGuid().ToString();
        document["metadata"]!["uid"] = uid;
        JobDefaults.Identify(document, uid);
        return [];
    }

    public override JsonObject Default(JsonObject document) => JobDefaults.Job(document);

    public override void CarryOver(JsonObject old, JsonObject document) => JobDefaults.CarryOver(old, document);

    public override IReadOnlyList<FieldError> ValidateUpdate(JsonObject old, JsonObject document) => JobValidation.ValidateUpdate(old, document);

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => JobValidation.Validate(ApiJson.Read<Job>(document));
}
