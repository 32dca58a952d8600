using System.Text.Json.Nodes;
using Insula.Api.Meta;
using Insula.Api.PodSecurity;
using Insula.Store;
using Insulad.Http.Strategies;

namespace Insulad.Http;

/// <summary>The Pod Security Standards in the way of a write: after validation, before the store.</summary>
internal sealed class PodSecurityStep(IObjectStore store, PodSecurityAdmission admission)
{
    /// <summary>Lets a valid object pass, with warnings and notes for the audit log, or refuses it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="name">The object's name.</param>
    /// <param name="next">The object as it will be stored.</param>
    /// <param name="old">As it is stored now; null when it is created.</param>
    /// <exception cref="ApiException">403: a pod violates what its namespace enforces; 422: a namespace's labels are malformed.</exception>
    public void Admit(ApiRequest request, string name, JsonObject next, JsonObject? old)
    {
        switch (request.Kind.QualifiedPlural)
        {
            case "pods":
                Pod(request, name, next, old);
                break;
            case "namespaces":
                Documents.ThrowIfInvalid(request, name, admission.ValidateNamespace(next, old));
                foreach (var warning in admission.WarnOfNamespace(next, old, () => store.List("pods", name).Items.Select(p => p.ToDocument())))
                {
                    request.Warn(warning);
                }

                break;
            default:
                if (next["spec"]?["template"] is JsonObject { } template && request.Strategy is WorkloadStrategy or JobStrategy)
                {
                    Template(request, template, old?["spec"]?["template"] as JsonObject);
                }

                break;
        }
    }

    // Its pods are judged when they are made; that they will be refused is said at once.
    private void Template(ApiRequest request, JsonObject template, JsonObject? old)
    {
        if (store.Get(new ObjectKey("namespaces", "", request.Namespace)) is not { } ns || (old is not null && JsonNode.DeepEquals(old, template)))
        {
            return;
        }

        var decision = admission.ReviewPod(ns.ToDocument(), template, old: null);
        AuditNotes.Set(request.Http, decision.Audit);
        foreach (var warning in decision.Refusal is { } refusal ? decision.Warnings.Prepend($"pods of this {request.Kind.Kind} will be refused: {refusal}") : decision.Warnings)
        {
            request.Warn(warning);
        }
    }

    private void Pod(ApiRequest request, string name, JsonObject next, JsonObject? old)
    {
        var ns = store.Get(new ObjectKey("namespaces", "", request.Namespace))
            ?? throw new ApiException(Failures.NotFound("namespaces", request.Namespace));
        var decision = admission.ReviewPod(ns.ToDocument(), next, old);
        AuditNotes.Set(request.Http, decision.Audit);
        foreach (var warning in decision.Warnings)
        {
            request.Warn(warning);
        }

        if (decision.Refusal is { } why)
        {
            throw new ApiException(Failures.Forbidden(request.Kind.QualifiedPlural, name, why));
        }
    }
}
