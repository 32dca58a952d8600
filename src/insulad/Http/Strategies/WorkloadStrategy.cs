using System.Text.Json.Nodes;
using Insula.Api.Kinds;
using Insula.Api.Validation;
using Insula.Api.Workloads;

namespace Insulad.Http.Strategies;

/// <summary>Kinds from which the daemon makes pods, or by which it sets how many there are.</summary>
/// <param name="kind">The kind.</param>
/// <param name="defaults">Sets its defaults.</param>
/// <param name="check">What is wrong with one.</param>
/// <param name="scales">Whether it has a number of replicas that the subresource scale changes.</param>
internal sealed class WorkloadStrategy(
    KindInfo kind, Func<JsonObject, JsonObject> defaults, Func<JsonObject, IReadOnlyList<FieldError>> check, bool scales = true) : ResourceStrategy(kind)
{
    private static readonly string[] s_verbs = ["get", "patch", "update"];

    public override bool HasStatus => true;

    public override IReadOnlyList<(string Name, string Kind, string[] Verbs)> Subresources =>
        scales ? [("scale", "Scale", s_verbs), ("status", Kind.Kind, s_verbs)] : [("status", Kind.Kind, s_verbs)];

    public override JsonObject Default(JsonObject document) => defaults(document);

    public override IReadOnlyList<FieldError> ValidateUpdate(JsonObject old, JsonObject document) =>
        scales || Kind.Plural == "daemonsets" ? WorkloadValidation.ValidateUpdate(old, document) : [];

    protected override IReadOnlyList<FieldError> Check(JsonObject document) => check(document);
}
