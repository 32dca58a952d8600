using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Meta;
using Insula.Api.Validation;

namespace Insulad.Http.Strategies;

/// <summary>Namespaces: their names are labels, and the built-in ones stay.</summary>
internal sealed class NamespaceStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    /// <summary>These exist from the start and cannot be deleted.</summary>
    public static readonly IReadOnlyList<string> BuiltIn = ["default", "kube-system"];

    public override bool RemovedByWorker => true;

    public override bool HasStatus => true;

    public override IReadOnlyList<(string Name, string Kind, string[] Verbs)> Subresources => [("status", "Namespace", ["get", "patch", "update"])];

    public override string? WhyNotDeleted(string name) => BuiltIn.Contains(name) ? "this namespace may not be deleted" : null;

    public static JsonObject New(string name) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Namespace",
        ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = new JsonObject { ["kubernetes.io/metadata.name"] = name } },
        ["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") },
        ["status"] = new JsonObject { ["phase"] = "Active" },
    };

    public override IReadOnlyList<string> PrepareCreate(JsonObject document, string nodeName)
    {
        document["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") };
        document["status"] = new JsonObject { ["phase"] = "Active" };
        return [];
    }

    public override JsonObject Default(JsonObject document)
    {
        var metadata = document["metadata"]!.AsObject();
        if (metadata["labels"] is not JsonObject labels)
        {
            metadata["labels"] = labels = [];
        }

        labels["kubernetes.io/metadata.name"] = metadata["name"]?.DeepClone();
        return document;
    }

    protected override IReadOnlyList<FieldError> Check(JsonObject document) =>
        MetadataValidation.Validate(ApiJson.Read<ObjectMeta>(document["metadata"]!), namespaced: false, labelName: true);
}
