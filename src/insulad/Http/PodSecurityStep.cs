using System.Text.Json.Nodes;
using Insula.Api.Meta;
using Insula.Api.PodSecurity;
using Insula.Store;

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
