using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Storage;
using Insula.Api.Validation;

namespace Insula.Api.Pods;

/// <summary>Checks volumes and their mounts.</summary>
internal static class VolumeValidation
{
    /// <summary>Checks the volumes and returns their names.</summary>
    public static IReadOnlySet<string> Volumes(ErrorList at, PodSpec spec)
    {
        var volumes = spec.Volumes;
        var names = new HashSet<string>();
        for (var i = 0; i < volumes.Count; i++)
        {
            var one = at.Index(i);
            var volume = volumes[i];
            one.Field("name").Name(volume.Name, Names.Dns1123Label);
            if (volume.Name.Length > 0 && !names.Add(volume.Name))
            {
                one.Field("name").Duplicate(volume.Name);
            }

            foreach (var more in Sources(volume).Skip(1))
            {
                one.Field(more).Forbidden("may not specify more than 1 volume type");
            }

            ConfigVolumeValidation.Validate(one, volume);

            if (volume.EmptyDir?.SizeLimit is { Sign: < 0 } limit)
            {
                one.Field("emptyDir").Field("sizeLimit").Invalid(limit.ToString(), "must be greater than or equal to 0");
            }

            if (volume.EmptyDir?.Medium is { } medium)
            {
                Medium(one.Field("emptyDir").Field("medium"), medium, spec);
            }

            if (volume.HostPath is { } host)
            {
                HostPath(one.Field("hostPath").Field("path"), host.Path);
                one.Field("hostPath").Field("path").Plain(host.Path);
            }

            if (volume.Ephemeral?.VolumeClaimTemplate is { } document)
            {
                var template = ApiJson.Read<PersistentVolumeClaimTemplate>(document);
                var made = one.Field("ephemeral").Field("volumeClaimTemplate");
                MetadataValidation.Validate(made.Field("metadata"), template.Metadata with { Name = "template", GenerateName = null, Namespace = null, OwnerReferences = [] }, namespaced: true);
                StorageValidation.Claim(made.Field("spec"), template.Spec);
            }

            if (volume.Image is { } image)
            {
                var reference = one.Field("image").Field("reference");
                if (image.Reference.Trim().Length == 0)
                {
                    reference.Required();
                }
                else if (image.Reference.Trim() != image.Reference)
                {
                    reference.Invalid(image.Reference, "must not have leading or trailing whitespace");
                }

                reference.Plain(image.Reference);
            }

            if (volume.PersistentVolumeClaim is { } claim)
            {
                one.Field("persistentVolumeClaim").Field("claimName").Name(claim.ClaimName, Names.Dns1123Subdomain);
            }
        }

        return names;
    }

    // A kubelet says it of huge pages when it comes to the mount; nothing of it could change until then.
    private static void Medium(ErrorList at, string medium, PodSpec spec)
    {
        if (medium is "" or "Memory" || (HugePages.IsMedium(medium) && HugePages.ResourceOf(medium, spec) is not null))
        {
            return;
        }

        var size = HugePages.IsMedium(medium) && medium != HugePages.Medium ? medium[(HugePages.Medium.Length + 1)..] : null;
        at.Invalid(medium, size is not null && HugePages.SizeOf(HugePages.Prefix + size) is not null ? $"no container requests {HugePages.Prefix}{size}"
            : medium != HugePages.Medium ? "must be one of \"\", Memory, HugePages, or HugePages-SIZE such as HugePages-2Mi"
            : HugePages.NamesIn(spec) is { Count: > 1 } several ? $"the containers request several sizes ({string.Join(", ", several)}): write which, such as HugePages-2Mi"
            : "a container must request huge pages, such as resources.limits[hugepages-2Mi]");
    }

    private static IEnumerable<string> Sources(Volume volume) => new (string Name, object? Source)[]
    {
        ("emptyDir", volume.EmptyDir), ("hostPath", volume.HostPath), ("configMap", volume.ConfigMap), ("secret", volume.Secret),
        ("downwardAPI", volume.DownwardAPI), ("projected", volume.Projected), ("persistentVolumeClaim", volume.PersistentVolumeClaim), ("ephemeral", volume.Ephemeral), ("image", volume.Image),
    }.Where(s => s.Source is not null).Select(s => s.Name);

    public static void Mounts(ErrorList at, Container container, IReadOnlySet<string> volumes)
    {
        var paths = new HashSet<string>();
        for (var i = 0; i < container.VolumeMounts.Count; i++)
        {
            var one = at.Index(i);
            var mount = container.VolumeMounts[i];
            if (mount.Name.Length == 0)
            {
                one.Field("name").Required();
            }
            else if (!volumes.Contains(mount.Name))
            {
                one.Field("name").NotFound(mount.Name);
            }

            MountPath(one.Field("mountPath"), mount.MountPath, paths);
            one.Field("mountPath").Plain(mount.MountPath);
            one.Field("subPath").Plain(mount.SubPath);
            if (!string.IsNullOrEmpty(mount.SubPath))
            {
                SubPath(one.Field("subPath"), mount.SubPath);
            }

            one.Field("subPathExpr").Plain(mount.SubPathExpr);
            if (!string.IsNullOrEmpty(mount.SubPathExpr))
            {
                SubPath(one.Field("subPathExpr"), mount.SubPathExpr);
                if (!string.IsNullOrEmpty(mount.SubPath))
                {
                    one.Field("subPathExpr").Invalid(mount.SubPathExpr, "subPathExpr and subPath are mutually exclusive");
                }
            }

            if (mount.MountPropagation == "Bidirectional" && container.SecurityContext?.Privileged != true)
            {
                one.Field("mountPropagation").Forbidden("Bidirectional mount propagation is available only to privileged containers");
            }

            if (mount.RecursiveReadOnly is RecursiveReadOnlyModes.Enabled or RecursiveReadOnlyModes.IfPossible)
            {
                RecursiveReadOnly(one.Field("recursiveReadOnly"), mount);
            }
        }
    }

    private static void RecursiveReadOnly(ErrorList at, VolumeMount mount)
    {
        if (!mount.ReadOnly)
        {
            at.Forbidden("may only be specified when readOnly is true");
        }

        if (mount.MountPropagation is not (null or "" or "None"))
        {
            at.Forbidden("may only be specified when mountPropagation is None or not specified");
        }
    }

    internal static void MountPath(ErrorList at, string path, HashSet<string> paths)
    {
        if (path.Length == 0)
        {
            at.Required();
        }
        else if (path[0] != '/')
        {
            at.Invalid(path, "must be an absolute path");
        }
        else if (path.Contains(':', StringComparison.Ordinal))
        {
            at.Invalid(path, "must not contain ':'");
        }
        else if (HasBackstep(path))
        {
            at.Invalid(path, "must not contain '..'");
        }
        else if (path.Trim('/').Length == 0)
        {
            at.Invalid(path, "must not be the container's root");
        }
        else if (!paths.Add(path.TrimEnd('/')))
        {
            at.Invalid(path, "must be unique");
        }
    }

    private static void SubPath(ErrorList at, string path)
    {
        if (path[0] == '/')
        {
            at.Invalid(path, "must be a relative path");
        }
        else if (HasBackstep(path))
        {
            at.Invalid(path, "must not contain '..'");
        }
    }

    private static void HostPath(ErrorList at, string path)
    {
        if (path.Length == 0)
        {
            at.Required();
        }
        else if (path[0] != '/')
        {
            at.Invalid(path, "must be an absolute path");
        }
        else if (HasBackstep(path))
        {
            at.Invalid(path, "must not contain '..'");
        }
    }

    private static bool HasBackstep(string path) => path.Split('/').Contains("..");
}
