using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Insula.Ingresses.Configuration;
using Insula.Ingresses.Plane;
using Insula.Store;
using Insulad.Http;
using Insulad.Http.Strategies;

namespace Insulad.Ingresses;

/// <summary>
/// Has the objects of the proxy be there, by the way of everybody's requests, and has them be gone. What one was made from is noted at it: one that is wanted
/// as it was is not written again, and the number of replicas is its user's.
/// </summary>
internal sealed class PlaneWriter(IObjectStore store, ObjectWriter writer, DeleteHandler deletions)
{
    private const string Mark = "insula.dev/made-from";

    /// <summary>Whether the proxy has been made.</summary>
    public bool Exists => store.Get(new ObjectKey(IngressIndex.Deployments, PlaneNames.Namespace, PlaneNames.Name)) is not null;

    /// <summary>The Service as it is; null when there is none.</summary>
    public StoredObject? Service => store.Get(new ObjectKey(IngressIndex.Services, PlaneNames.Namespace, PlaneNames.Name));

    /// <summary>Has the configuration be there.</summary>
    /// <returns>Whether it was another.</returns>
    /// <exception cref="ApiException">It is refused: it is too large.</exception>
    public async Task<bool> WriteAsync(ProxyFiles files, CancellationToken ct)
    {
        await EnsureNamespaceAsync(ct);
        var wanted = PlaneObjects.Secrets(files);
        var changed = false;
        foreach (var secret in wanted)
        {
            // The addresses of pods stand in the configuration, too, and change without it being written.
            changed |= await EnsureAsync(IngressIndex.Secrets, secret, (string?)secret["metadata"]!["name"] == PlaneNames.Name ? files.Digest : null, ct);
        }

        var names = wanted.Select(s => (string)s["metadata"]!["name"]!).ToHashSet();
        foreach (var old in Enumerable.Range(0, PlaneNames.CertificateSecrets).Select(PlaneNames.CertificateSecret).Where(n => !names.Contains(n)))
        {
            await DeleteAsync(IngressIndex.Secrets, old, ct);
        }

        return changed;
    }

    /// <summary>Has the Service be there.</summary>
    public Task<bool> WriteServiceAsync(string type, CancellationToken ct) => EnsureAsync(IngressIndex.Services, PlaneObjects.Service(type), null, ct);

    /// <summary>Has the Deployment be there.</summary>
    public Task<bool> WriteDeploymentAsync(ProxyProgram program, CancellationToken ct) => EnsureAsync(IngressIndex.Deployments, PlaneObjects.Deployment(program), null, ct);

    /// <summary>Has all of it be gone: what the pods use, once they are.</summary>
    /// <returns>Whether it is.</returns>
    public async Task<bool> RemoveAsync(CancellationToken ct)
    {
        if (await DeleteAsync(IngressIndex.Deployments, PlaneNames.Name, ct))
        {
            Failpoint.Hit("ingress.plane.removing");
        }

        await DeleteAsync(IngressIndex.Services, PlaneNames.Name, ct);
        if (store.List(IngressIndex.Pods, PlaneNames.Namespace).Items.Any(pod => (string?)pod.ToDocument()["metadata"]!["labels"]?[PlaneNames.NameLabel] == PlaneNames.Name))
        {
            return false;
        }

        var any = false;
        foreach (var secret in Enumerable.Range(0, PlaneNames.CertificateSecrets).Select(PlaneNames.CertificateSecret).Append(PlaneNames.Name))
        {
            any |= await DeleteAsync(IngressIndex.Secrets, secret, ct);
        }

        if (any)
        {
            Failpoint.Hit("ingress.plane.removed");
        }

        return true;
    }

    private async Task EnsureNamespaceAsync(CancellationToken ct)
    {
        var key = new ObjectKey("namespaces", "", PlaneNames.Namespace);
        if (store.Get(key) is null)
        {
            // Its pods see files of the machine.
            var document = NamespaceStrategy.New(PlaneNames.Namespace);
            document["metadata"]!["labels"]!["pod-security.kubernetes.io/enforce"] = "privileged";
            document["metadata"]!["labels"]!["pod-security.kubernetes.io/warn"] = "privileged";
            document["metadata"]!["labels"]!["pod-security.kubernetes.io/audit"] = "privileged";
            await writer.CreateObjectAsync(ApiRequest.Internal(StrategyTable.Of("namespaces"), "", null, ct), document);
        }
    }

    private async Task<bool> EnsureAsync(string resource, JsonObject wanted, string? madeFrom, CancellationToken ct)
    {
        var name = (string)wanted["metadata"]!["name"]!;
        madeFrom ??= Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(wanted.ToJsonString())))[..32];
        wanted["metadata"]!["annotations"] = new JsonObject { [Mark] = madeFrom };
        var present = store.Get(new ObjectKey(resource, PlaneNames.Namespace, name))?.ToDocument();
        if (present is null)
        {
            await writer.CreateObjectAsync(ApiRequest.Internal(StrategyTable.Of(resource), PlaneNames.Namespace, null, ct), wanted);
            return true;
        }

        if ((string?)present["metadata"]!["annotations"]?[Mark] == madeFrom)
        {
            return false;
        }

        await writer.ReplaceAsync(ApiRequest.Internal(StrategyTable.Of(resource), PlaneNames.Namespace, name, ct), current =>
        {
            // Who has still to do something about it is not forgotten.
            var next = wanted.DeepClone().AsObject();
            if (current["metadata"]!["finalizers"] is { } finalizers)
            {
                next["metadata"]!["finalizers"] = finalizers.DeepClone();
            }

            if (resource == IngressIndex.Deployments && current["spec"]?["replicas"] is { } replicas)
            {
                next["spec"]!["replicas"] = replicas.DeepClone();
            }

            return next;
        });
        return true;
    }

    /// <summary>Deletes what is the daemon's own; false when there is nothing to delete.</summary>
    private async Task<bool> DeleteAsync(string resource, string name, CancellationToken ct)
    {
        var key = new ObjectKey(resource, PlaneNames.Namespace, name);
        if (store.Get(key)?.ToDocument() is { } present
            && (string?)present["metadata"]!["labels"]?[PlaneNames.ManagedByLabel] == PlaneNames.ManagedBy && present["metadata"]!["deletionTimestamp"] is null)
        {
            var request = ApiRequest.Internal(StrategyTable.Of(resource), PlaneNames.Namespace, name, ct);
            await deletions.DeleteAsync(request, key, new DeleteOptions(null, (string?)present["metadata"]!["uid"], null, DryRun: false, Finalizer: null));
            return true;
        }

        return false;
    }
}
