using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Insula.Api.Meta;
using Insula.Api.Pods;
using Insula.Claims;
using Insula.Pods.Timing;
using Insula.Store;
using Insulad.Configuration;
using Insulad.Http.Strategies;
using Insulad.Policies;
using Insulad.Quotas;

namespace Insulad.Http;

/// <summary>create, update and the update behind every patch: identity, defaults, validation, allocation, then the store.</summary>
internal sealed class ObjectWriter(IObjectStore store, ObjectReader reader, PodSecurityStep podSecurity, PriorityStep priorities, IngressClassStep classes, LimitStep limits, QuotaLedger quotas, ServiceAllocationStep services, ClaimGrowthStep growth, DaemonOptions options, TimeProvider time)
{
    private const int Attempts = 20;
    private const int LongestGeneratedPrefix = 58;

    public async Task CreateAsync(ApiRequest request, JsonObject document)
    {
        var value = await CreateObjectAsync(request, document);
        await reader.WriteObjectAsync(request, 201, value);
    }

    public async Task<StoredObject> CreateObjectAsync(ApiRequest request, JsonObject document)
    {
        var strategy = request.Strategy;
        Documents.CheckKind(request, document);
        var metadata = Documents.Metadata(document);
        if (strategy.WhyNotCreated is { } why)
        {
            throw new ApiException(Failures.Forbidden(request.Kind.QualifiedPlural, Documents.Text(metadata, "name") ?? "", why));
        }

        if (options.CniConfDir is not null && request.Kind.QualifiedPlural == PolicyController.Policies)
        {
            throw new ApiException(Failures.Forbidden(
                request.Kind.QualifiedPlural, Documents.Text(metadata, "name") ?? "", "on a CNI network (cni-conf-dir) nobody would keep it: what its plug-ins connect does not pass through this daemon's rules"));
        }

        if (Documents.Text(metadata, "resourceVersion") is { Length: > 0 })
        {
            throw ApiException.BadRequest("resourceVersion should not be set on objects to be created");
        }

        Documents.SetNamespace(request, metadata);
        CheckNamespace(request);
        foreach (var system in (string[])["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "managedFields"])
        {
            metadata.Remove(system);
        }

        metadata["generation"] = 1;
        if (strategy.HasStatus)
        {
            document.Remove("status");
        }

        document = Documents.Decode(request, document);
        metadata = Documents.Metadata(document);
        var prefix = Documents.Text(metadata, "generateName") ?? "";
        var generated = Documents.Text(metadata, "name") is null or "" && prefix.Length > 0;
        for (var attempt = 1; ; attempt++)
        {
            var candidate = document.DeepClone().AsObject();
            if (generated)
            {
                Documents.Metadata(candidate)["name"] = prefix[..Math.Min(prefix.Length, LongestGeneratedPrefix)] + Suffix();
            }

            var name = Documents.Name(request, candidate);
            foreach (var warning in strategy.PrepareCreate(candidate, options.NodeName))
            {
                request.Warn(warning);
            }

            priorities.Resolve(request, name, candidate);
            classes.Resolve(request, candidate);
            candidate = strategy.Default(candidate);
            limits.Fill(request, candidate);
            if (request.Uid is { } uid)
            {
                Documents.Metadata(candidate)["uid"] = uid;
            }

            Documents.ThrowIfInvalid(request, name, strategy.Validate(candidate));
            podSecurity.Admit(request, name, candidate, old: null);
            limits.Admit(request, name, candidate);
            using var allocated = services.Allocate(request, name, candidate);
            using var counted = quotas.Admit(request, name, candidate, old: null);
            var key = request.Key with { Name = name };
            try
            {
                return request.DryRun ? DryCreate(key, candidate) : await StoreAsync(request, key, candidate, counted is null ? request.Aborted : CancellationToken.None);
            }
            catch (StoreException e) when (e.Error == StoreError.AlreadyExists)
            {
                if (!generated || attempt == Attempts)
                {
                    throw new ApiException(Failures.AlreadyExists(request.Kind.QualifiedPlural, name), e);
                }
            }
        }
    }

    // What quotas count is not given up half way: it would be neither on its way nor there.
    private async Task<StoredObject> StoreAsync(ApiRequest request, ObjectKey key, JsonObject document, CancellationToken ct)
    {
        StoredObject created;
        using (PodTracing.Step("commit"))
        {
            created = await store.CreateAsync(key, document, ct);
        }

        if (request.Kind.Plural == "pods")
        {
            PodTracing.Belongs(created.Uid);
        }

        return created;
    }

    public async Task UpdateAsync(ApiRequest request, JsonObject document)
    {
        Documents.CheckKind(request, document);
        Documents.SetNamespace(request, Documents.Metadata(document));
        if (Documents.Name(request, document) is var name && name != request.Info.Name)
        {
            throw ApiException.BadRequest($"the name of the object ({name}) does not match the name on the URL ({request.Info.Name})");
        }

        await reader.WriteObjectAsync(request, 200, await ReplaceAsync(request, _ => document.DeepClone().AsObject()));
    }

    /// <summary>
    /// Brings an object to what <paramref name="propose"/> makes of its newest version. When another write comes in
    /// between and the proposal names no version of its own, it is made again.
    /// </summary>
    public async Task<StoredObject> ReplaceAsync(ApiRequest request, Func<JsonObject, JsonObject> propose)
    {
        for (var attempt = 1; ; attempt++)
        {
            var current = store.Get(request.Key) ?? throw new ApiException(Failures.NotFound(request.Kind.QualifiedPlural, request.Info.Name!));
            var old = current.ToDocument();
            var proposed = propose(old.DeepClone().AsObject());
            var demanded = Documents.Text(Documents.Metadata(proposed), "resourceVersion");
            if (demanded is { Length: > 0 } && demanded != current.ResourceVersion.ToString(CultureInfo.InvariantCulture))
            {
                throw Conflict(request, "the object has been modified; please apply your changes to the latest version and try again");
            }

            var ofStatus = request.Info.Subresource == "status";
            var next = ofStatus ? WithStatus(request, old, proposed) : Prepare(request, old, proposed);
            using var allocated = ofStatus ? null : services.Allocate(request, request.Info.Name!, next);
            using var counted = ofStatus ? null : quotas.Admit(request, request.Info.Name!, next, old);
            if (request.DryRun)
            {
                return Dry(current, next);
            }

            try
            {
                if (IsFinished(request, next))
                {
                    return await store.DeleteAsync(request.Key, new Preconditions(current.Uid, current.ResourceVersion), request.Aborted) ?? current;
                }

                return await store.UpdateAsync(
                    request.Key, _ => next, new UpdateOptions { Uid = current.Uid, ResourceVersion = current.ResourceVersion }, counted is null ? request.Aborted : CancellationToken.None);
            }
            catch (StoreException e) when (e.Error == StoreError.Conflict && attempt < Attempts)
            {
                // Somebody else was first, most often a status: the proposal is made again on what is there now. A
                // client that named a version is answered above, on the next turn.
            }
        }
    }

    private static ApiException Conflict(ApiRequest request, string why) =>
        new(Failures.Conflict(request.Kind.QualifiedPlural, request.Info.Name!, why));

    private static JsonObject WithStatus(ApiRequest request, JsonObject old, JsonObject proposed)
    {
        var next = old.DeepClone().AsObject();
        next["status"] = proposed["status"]?.DeepClone();
        Documents.ThrowIfInvalid(request, request.Info.Name!, request.Strategy.ValidateStatus(old, next));
        return next;
    }

    /// <summary>A deleted object without a worker goes with its last finalizer.</summary>
    private static bool IsFinished(ApiRequest request, JsonObject next) =>
        !request.Strategy.RemovedByWorker
        && next["metadata"]!["deletionTimestamp"] is not null
        && next["metadata"]!["finalizers"] is null or JsonArray { Count: 0 };

    private static string Suffix() => RandomNumberGenerator.GetString("bcdfghjklmnpqrstvwxz2456789", 5);

    private JsonObject Prepare(ApiRequest request, JsonObject old, JsonObject proposed)
    {
        var strategy = request.Strategy;
        Documents.CheckKind(request, proposed);
        var part = request.Info.Subresource;
        var taken = part is null ? null : strategy.TakePart(part, old, proposed);
        proposed = taken ?? proposed;
        var before = Documents.Metadata(old);
        var metadata = Documents.Metadata(proposed);
        Documents.SetNamespace(request, metadata);
        if (Documents.Text(metadata, "uid") is { Length: > 0 } uid && uid != (string?)before["uid"])
        {
            throw Conflict(request, $"Precondition failed: UID in precondition: {uid}, UID in object meta: {(string?)before["uid"]}");
        }

        metadata.Remove("managedFields");
        foreach (var system in (string[])["name", "generateName", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink"])
        {
            Documents.Copy(before, metadata, system);
        }

        // The status is the daemon's own and not to be read as strictly as what users write.
        var status = strategy.HasStatus ? null : proposed["status"];
        proposed.Remove("status");
        strategy.CarryOver(old, proposed);
        var next = strategy.Default(Documents.Decode(request, proposed, old: old));
        if ((strategy.HasStatus ? strategy.StatusAfter(old, next) : status?.DeepClone()) is { } after)
        {
            next["status"] = after;
        }

        Documents.ThrowIfInvalid(request, request.Info.Name!, [.. strategy.Validate(next), .. taken is not null ? strategy.ValidatePart(part!, old, next) : strategy.ValidateUpdate(old, next), .. Documents.ValidateFinalizers(old, next)]);
        podSecurity.Admit(request, request.Info.Name!, next, old);
        if (request.Kind.Plural == "pods" && StaticPodUid.Is((string?)before["uid"]) && !IsTheSame(old, next))
        {
            throw new ApiException(Failures.Forbidden("pods", request.Info.Name!, "it is a static pod, from a file in this machine's manifest directory: change it there"));
        }

        growth.Admit(request, request.Info.Name!, next, old);
        if (request.Kind.QualifiedPlural == ObjectSeen.Claims || part == ResizeUpdate.Subresource)
        {
            limits.Admit(request, request.Info.Name!, next);
        }

        if (ResourceStrategy.SpecChanged(old, next))
        {
            next["metadata"]!["generation"] = ((long?)before["generation"] ?? 0) + 1;
        }

        return next;
    }

    private static bool IsTheSame(JsonObject old, JsonObject next)
    {
        var (one, other) = (old.DeepClone().AsObject(), next.DeepClone().AsObject());
        foreach (var document in (JsonObject[])[one, other])
        {
            document.Remove("status");
            Documents.Metadata(document).Remove("resourceVersion");
        }

        return JsonNode.DeepEquals(one, other);
    }

    private void CheckNamespace(ApiRequest request)
    {
        if (!request.Kind.Namespaced)
        {
            return;
        }

        var ns = store.Get(new ObjectKey("namespaces", "", request.Namespace))
            ?? throw new ApiException(Failures.NotFound("namespaces", request.Namespace));
        if (ns.ToDocument()["metadata"]!["deletionTimestamp"] is not null)
        {
            throw new ApiException(Failures.Forbidden(
                request.Kind.QualifiedPlural, "", $"unable to create new content in namespace {request.Namespace} because it is being terminated"));
        }
    }

    private StoredObject DryCreate(ObjectKey key, JsonObject document)
    {
        if (store.Get(key) is not null)
        {
            throw new StoreException(StoreError.AlreadyExists, $"{key} already exists");
        }

        return StoredObject.Preview(key, document, time.GetUtcNow());
    }

    private static StoredObject Dry(StoredObject current, JsonObject next) => StoredObject.Preview(current, next);
}
