using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Selectors;
using Insula.Api.Validation;
using Insula.Api.Values;

namespace Insula.Api.Storage;

/// <summary>Checks claims, volumes and classes that have their defaults, as Kubernetes does, with its texts.</summary>
public static class StorageValidation
{
    /// <summary>What is wrong with a claim; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(PersistentVolumeClaim claim)
    {
        ArgumentNullException.ThrowIfNull(claim);
        var errors = new List<FieldError>();
        var at = new ErrorList(errors, "");
        MetadataValidation.Validate(at.Field("metadata"), claim.Metadata, namespaced: true);
        Claim(at.Field("spec"), claim.Spec);
        return errors;
    }

    /// <summary>What may not be changed in a claim; empty when nothing was.</summary>
    public static IReadOnlyList<FieldError> ValidateClaimUpdate(JsonObject old, JsonObject document)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(document);
        var (before, after) = (Settled(old), Settled(document));
        if (before["volumeName"]?.ToString() is null or "")
        {
            before.Remove("volumeName");
            after.Remove("volumeName");
        }

        if (before["storageClassName"] is null)
        {
            after.Remove("storageClassName");
        }

        if (!JsonNode.DeepEquals(before, after))
        {
            return [FieldError.Forbidden("spec", "spec is immutable after creation except resources.requests for bound claims")];
        }

        var (wanted, has) = (Request(document), Request(old));
        return wanted == has ? []
            : old["status"]?["phase"]?.ToString() != ClaimPhases.Bound ? [FieldError.Forbidden("spec", "spec is immutable after creation except resources.requests for bound claims")]
            : wanted < has ? [FieldError.Forbidden("spec.resources.requests.storage", "field can not be less than previous value")]
            : [];
    }

    /// <summary>What is wrong with a volume; empty when nothing is.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="drivers">The drivers there are.</param>
    public static IReadOnlyList<FieldError> Validate(PersistentVolume volume, IReadOnlySet<string> drivers)
    {
        ArgumentNullException.ThrowIfNull(volume);
        ArgumentNullException.ThrowIfNull(drivers);
        var errors = new List<FieldError>();
        var all = new ErrorList(errors, "");
        MetadataValidation.Validate(all.Field("metadata"), volume.Metadata, namespaced: false);
        var (at, spec) = (all.Field("spec"), volume.Spec);
        Modes(at.Field("accessModes"), spec.AccessModes);
        if (spec.Capacity.Count == 0)
        {
            at.Field("capacity").Required();
        }

        foreach (var (name, size) in spec.Capacity)
        {
            if (name != StorageWords.Storage)
            {
                errors.Add(FieldError.NotSupported("spec.capacity", name, StorageWords.Storage));
            }

            Size(at.Field("capacity").Key(name), size);
        }

        if (spec.ClaimRef is { } claim)
        {
            at.Field("claimRef").Field("name").Name(claim.Name ?? "", Names.Dns1123Subdomain);
            at.Field("claimRef").Field("namespace").Name(claim.Namespace ?? "", Names.Dns1123Label);
        }

        ClassName(at, spec.StorageClassName);
        Source(at, spec, drivers);
        return errors;
    }

    /// <summary>What may not be changed in a volume; empty when nothing was.</summary>
    public static IReadOnlyList<FieldError> ValidateVolumeUpdate(JsonObject old, JsonObject document)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(document);
        return ((ReadOnlySpan<string>)["hostPath", "local", "csi"]).ToArray().Any(name => !JsonNode.DeepEquals(old["spec"]?[name], document["spec"]?[name]))
            ? [FieldError.Forbidden("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation")]
            : [];
    }

    /// <summary>What is wrong with a class; empty when nothing is.</summary>
    /// <param name="storage">The class.</param>
    /// <param name="drivers">The drivers there are: none of them has parameters.</param>
    public static IReadOnlyList<FieldError> Validate(StorageClass storage, IReadOnlySet<string> drivers)
    {
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentNullException.ThrowIfNull(drivers);
        var errors = new List<FieldError>();
        var at = new ErrorList(errors, "");
        MetadataValidation.Validate(at.Field("metadata"), storage.Metadata, namespaced: false);
        at.Field("provisioner").Name(storage.Provisioner, name => Names.QualifiedName(name.ToLowerInvariant()));
        if (drivers.Contains(storage.Provisioner))
        {
            foreach (var name in storage.Parameters.Keys)
            {
                at.Field("parameters").Key(name).Forbidden($"{storage.Provisioner} has no parameters");
            }
        }

        return errors;
    }

    /// <summary>What may not be changed in a class; empty when nothing was.</summary>
    public static IReadOnlyList<FieldError> ValidateClassUpdate(JsonObject old, JsonObject document)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(document);
        return [.. ((ReadOnlySpan<string>)["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"]).ToArray()
            .Where(name => !JsonNode.DeepEquals(old[name], document[name]))
            .Select(name => FieldError.Forbidden(name, $"updates to {name} are forbidden."))];
    }

    internal static void Claim(ErrorList at, PersistentVolumeClaimSpec spec)
    {
        if (spec.Selector is { } selector)
        {
            SelectorValidation.Validate(at.Field("selector"), selector);
        }

        Modes(at.Field("accessModes"), spec.AccessModes);
        var requests = at.Field("resources");
        foreach (var (list, sizes) in new[] { ("requests", spec.Resources.Requests), ("limits", spec.Resources.Limits) })
        {
            foreach (var other in sizes.Keys.Where(name => name != StorageWords.Storage))
            {
                at.All.Add(FieldError.NotSupported(requests.Field(list).Path, other, StorageWords.Storage));
            }
        }

        if (spec.Resources.Requests.TryGetValue(StorageWords.Storage, out var size))
        {
            Size(requests.Key(StorageWords.Storage), size);
            if (spec.Resources.Limits.TryGetValue(StorageWords.Storage, out var limit) && limit < size)
            {
                requests.Field("requests").Key(StorageWords.Storage).Invalid(size.ToString(), $"must be less than or equal to storage limit of {limit}");
            }
        }
        else
        {
            requests.Key(StorageWords.Storage).Required();
        }

        ClassName(at, spec.StorageClassName);
        if (spec.VolumeName is { Length: > 0 } volume)
        {
            at.Field("volumeName").Name(volume, Names.Dns1123Subdomain);
        }
    }

    private static void Modes(ErrorList at, IReadOnlyList<string> modes)
    {
        if (modes.Count == 0)
        {
            at.Required("at least 1 access mode is required");
        }

        if (modes.Contains(AccessModes.ReadWriteOncePod) && modes.Distinct().Count() > 1)
        {
            at.Forbidden("may not use ReadWriteOncePod with other access modes");
        }
    }

    private static void Size(ErrorList at, Quantity size)
    {
        if (size.Sign <= 0)
        {
            at.Invalid(size.ToString(), "must be greater than zero");
        }
    }

    private static void ClassName(ErrorList at, string? name)
    {
        if (name is { Length: > 0 })
        {
            at.Field("storageClassName").Name(name, Names.Dns1123Subdomain);
        }
    }

    private static void Source(ErrorList at, PersistentVolumeSpec spec, IReadOnlySet<string> drivers)
    {
        var sources = new (string Name, object? Source)[] { ("hostPath", spec.HostPath), ("local", spec.Local), ("csi", spec.Csi) }.Where(s => s.Source is not null).ToList();
        if (sources.Count == 0)
        {
            at.Required("must specify a volume type: hostPath, local or csi");
        }

        foreach (var (more, _) in sources.Skip(1))
        {
            at.Field(more).Forbidden("may not specify more than 1 volume type");
        }

        if (spec.HostPath is { } host)
        {
            Path(at.Field("hostPath").Field("path"), host.Path);
        }

        if (spec.Local is { } local)
        {
            Path(at.Field("local").Field("path"), local.Path);
        }

        if (spec.Csi is { } csi)
        {
            if (csi.Driver.Length > 0 && !drivers.Contains(csi.Driver))
            {
                at.All.Add(FieldError.NotSupported(at.Field("csi").Field("driver").Path, csi.Driver, drivers.Order(StringComparer.Ordinal)));
            }

            at.Field("csi").Field("volumeHandle").Name(csi.VolumeHandle, Names.Dns1123Subdomain);
        }
    }

    private static void Path(ErrorList at, string path)
    {
        if (path.Length == 0)
        {
            at.Required();
        }
        else if (path[0] != '/')
        {
            at.Invalid(path, "must be an absolute path");
        }
        else if (path.Split('/').Contains(".."))
        {
            at.Invalid(path, "must not contain '..'");
        }

        at.Plain(path);
    }

    private static JsonObject Settled(JsonObject document)
    {
        var spec = document["spec"]?.DeepClone() as JsonObject ?? [];
        if (spec["resources"]?["requests"] is JsonObject requests)
        {
            requests.Remove(StorageWords.Storage);
        }

        return spec;
    }

    private static Quantity Request(JsonObject document) => Quantity.TryParse(document["spec"]?["resources"]?["requests"]?[StorageWords.Storage]?.ToString(), out var size) ? size : Quantity.Zero;
}
