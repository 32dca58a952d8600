using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Api.Storage;
using Insula.Api.Values;
using Insula.Claims;
using Insula.Store;

namespace Insulad.Http;

/// <summary>Whether a claim may ask for more: its class says so, and its volume was made by one.</summary>
internal sealed class ClaimGrowthStep(IObjectStore store)
{
    /// <summary>Refuses a claim that asks for more and may not.</summary>
    /// <exception cref="ApiException">It is refused.</exception>
    public void Admit(ApiRequest request, string name, JsonObject document, JsonObject old)
    {
        if (request.Kind.QualifiedPlural != ObjectSeen.Claims || Wish(document) == Wish(old))
        {
            return;
        }

        var claim = ApiJson.Read<PersistentVolumeClaim>(old);
        var storage = Find<StorageClass>(ObjectSeen.Classes, ClassNames.Of(claim));
        var volume = Find<PersistentVolume>(ObjectSeen.Volumes, claim.Spec.VolumeName);
        if (storage?.AllowVolumeExpansion != true || volume?.Metadata.Annotations.ContainsKey(StorageWords.ProvisionedBy) != true)
        {
            throw new ApiException(Failures.Forbidden(
                request.Kind.QualifiedPlural, name, "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"));
        }
    }

    private static Quantity Wish(JsonObject document) => Matching.Wish(ApiJson.Read<PersistentVolumeClaim>(document));

    private T? Find<T>(string resource, string? name)
        where T : class => string.IsNullOrEmpty(name) || store.Get(new ObjectKey(resource, "", name)) is not { } stored ? null : ApiJson.Read<T>(stored.Json.Span);
}
