using System.Text.Json.Nodes;
using Insula.Api.Ingresses;
using Insula.Api.Json;
using Insula.Store;

namespace Insulad.Http;

/// <summary>Gives new Ingresses that name no class the default one, as Kubernetes' admission does.</summary>
internal sealed class IngressClassStep(IObjectStore store)
{
    public const string Ingresses = "ingresses.networking.k8s.io";
    public const string Classes = "ingressclasses.networking.k8s.io";

    /// <summary>Sets <c>ingressClassName</c>; nothing for other kinds. Warns of an Ingress that nobody serves.</summary>
    /// <param name="request">The request.</param>
    /// <param name="ingress">The object as it will be stored; changed in place.</param>
    public void Resolve(ApiRequest request, JsonObject ingress)
    {
        if (request.Kind.QualifiedPlural != Ingresses)
        {
            return;
        }

        var old = (ingress["metadata"]?["annotations"] as JsonObject)?[IngressWords.OldClassAnnotation]?.ToString();
        var named = ingress["spec"]?["ingressClassName"]?.ToString() ?? old;
        if (string.IsNullOrEmpty(named))
        {
            if (Standard() is not { } standard)
            {
                request.Warn("spec.ingressClassName: not given, and no IngressClass is the default: nobody serves this Ingress");
                return;
            }

            if (ingress["spec"] is not JsonObject spec)
            {
                ingress["spec"] = spec = [];
            }

            spec["ingressClassName"] = named = standard.Metadata.Name;
        }

        var found = store.Get(new ObjectKey(Classes, "", named!)) is { } stored ? ApiJson.Read<IngressClass>(stored.Json.Span) : null;
        if (found is null)
        {
            request.Warn($"spec.ingressClassName: there is no IngressClass {named}: nobody serves this Ingress until it is made; `insula get ingressclasses` lists those there are");
        }
        else if (found.Spec.Controller != IngressWords.Controller)
        {
            request.Warn($"spec.ingressClassName: {named} is served by {found.Spec.Controller}, which is not there");
        }
    }

    // Of several, the newest, as in Kubernetes.
    private IngressClass? Standard() =>
        store.List(Classes, null).Items.Select(o => ApiJson.Read<IngressClass>(o.Json.Span)).Where(IngressWords.IsDefault)
            .OrderByDescending(c => c.Metadata.CreationTimestamp).ThenBy(c => c.Metadata.Name, StringComparer.Ordinal).FirstOrDefault();
}
