using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Pods;
using Insula.Api.Validation;

namespace Insulad.Http.Strategies;

/// <summary>Pods.</summary>
internal sealed class PodStrategy(KindInfo kind) : ResourceStrategy(kind)
{
    private const long StandardGrace = 30;

    public override bool RemovedByWorker => true;

    public override bool HasStatus => true;

    public override IReadOnlyList<(string Name, string Kind, string[] Verbs)> Subresources =>
    [
        ("attach", "PodAttachOptions", ["create", "get"]),
        ("copy", "PodCopyOptions", ["create", "get"]),
        (EphemeralUpdate.Subresource, "Pod", ["get", "patch", "update"]),
        ("eviction", "Eviction", ["create"]),
        ("exec", "PodExecOptions", ["create", "get"]),
        ("log", "Pod", ["get"]),
        ("portforward", "PodPortForwardOptions", ["create", "get"]),
        (ResizeUpdate.Subresource, "Pod", ["get", "patch", "update"]),
        ("status", "Pod", ["get", "patch", "update"]),
    ];

    /// <summary>Seconds a pod is given to end.</summary>
    public static long Grace(JsonObject document) => (long?)document["spec"]?["terminationGracePeriodSeconds"] ?? StandardGrace;

    public override IReadOnlyList<string> PrepareCreate(JsonObject document, string nodeName)
    {
        document["status"] = new JsonObject { ["phase"] = "Pending" };
        if (document["spec"] is JsonObject spec)
        {
            // There is one machine and no scheduler: a pod is on it from the start.
            spec["nodeName"] ??= nodeName;
        }

        return AppArmorAnnotations.ToFields(document);
    }

    public override JsonObject Default(JsonObject document) => PodDefaults.Apply(document);

    /// <summary>These were set when the pod was created: manifests do not name them.</summary>
    public override void CarryOver(JsonObject old, JsonObject document)
    {
        EphemeralUpdate.CarryOver(old, document);
        foreach (var name in (string[])["nodeName", "priorityClassName", "priority", "preemptionPolicy"])
        {
            if (document["spec"] is JsonObject spec && spec[name] is null && old["spec"]?[name] is { } value)
            {
                spec[name] = value.DeepClone();
            }
        }
    }

    public override IReadOnlyList<FieldError> ValidateUpdate(JsonObject old, JsonObject document) => PodUpdate.Validate(old, document);

    public override JsonObject? TakePart(string subresource, JsonObject old, JsonObject proposed) => subresource switch
    {
        EphemeralUpdate.Subresource => EphemeralUpdate.Take(old, proposed),
        ResizeUpdate.Subresource => ResizeUpdate.Take(old, proposed),
        _ => null,
    };

    public override IReadOnlyList<FieldError> ValidatePart(string subresource, JsonObject old, JsonObject document) =>
        subresource == ResizeUpdate.Subresource ? ResizeUpdate.Validate(old, document) : EphemeralUpdate.Validate(old, document);

    public override long DefaultGrace(JsonObject document) => Grace(document);

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => PodValidation.Validate(ApiJson.Read<Pod>(document));
}
