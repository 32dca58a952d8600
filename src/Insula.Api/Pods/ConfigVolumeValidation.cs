using Insula.Api.Core;
using Insula.Api.Validation;

namespace Insula.Api.Pods;

/// <summary>Checks volumes made from objects and from the pod's own fields.</summary>
internal static class ConfigVolumeValidation
{
    public static void Validate(ErrorList at, Volume volume)
    {
        if (volume.ConfigMap is { } map)
        {
            var one = at.Field("configMap");
            one.Field("name").Name(map.Name, Names.Dns1123Subdomain);
            Mode(one.Field("defaultMode"), map.DefaultMode);
            Items(one.Field("items"), map.Items);
        }

        if (volume.Secret is { } secret)
        {
            var one = at.Field("secret");
            one.Field("secretName").Name(secret.SecretName, Names.Dns1123Subdomain);
            Mode(one.Field("defaultMode"), secret.DefaultMode);
            Items(one.Field("items"), secret.Items);
        }

        if (volume.DownwardAPI is { } downward)
        {
            Mode(at.Field("downwardAPI").Field("defaultMode"), downward.DefaultMode);
            Files(at.Field("downwardAPI").Field("items"), downward.Items);
        }

        if (volume.Projected is { } projected)
        {
            Mode(at.Field("projected").Field("defaultMode"), projected.DefaultMode);
            Sources(at.Field("projected").Field("sources"), projected.Sources);
        }
    }

    private static void Sources(ErrorList at, IReadOnlyList<VolumeProjection> sources)
    {
        var paths = new HashSet<string>();
        for (var i = 0; i < sources.Count; i++)
        {
            var (one, source) = (at.Index(i), sources[i]);
            var count = 0;
            foreach (var (name, projection) in new[] { ("configMap", source.ConfigMap), ("secret", source.Secret) })
            {
                if (projection is null)
                {
                    continue;
                }

                count++;
                one.Field(name).Field("name").Name(projection.Name, Names.Dns1123Subdomain);
                Items(one.Field(name).Field("items"), projection.Items);
                Claim(one.Field(name).Field("items"), projection.Items.Select(item => item.Path));
            }

            if (source.DownwardAPI is { } downward)
            {
                count++;
                Files(one.Field("downwardAPI").Field("items"), downward.Items);
                Claim(one.Field("downwardAPI").Field("items"), downward.Items.Select(item => item.Path));
            }

            if (count != 1)
            {
                one.Forbidden(count == 0 ? "must specify one of configMap, secret, downwardAPI" : "may not specify more than 1 volume type");
            }
        }

        void Claim(ErrorList list, IEnumerable<string> claimed)
        {
            foreach (var (path, i) in claimed.Select((path, i) => (path, i)))
            {
                if (path.Length > 0 && !paths.Add(path))
                {
                    list.Index(i).Field("path").Invalid(path, "conflicting duplicate paths");
                }
            }
        }
    }

    private static void Items(ErrorList at, IReadOnlyList<KeyToPath> items)
    {
        for (var i = 0; i < items.Count; i++)
        {
            at.Index(i).Field("key").Name(items[i].Key, Names.ConfigKey);
            RelativePath(at.Index(i).Field("path"), items[i].Path);
            Mode(at.Index(i).Field("mode"), items[i].Mode);
        }
    }

    private static void Files(ErrorList at, IReadOnlyList<DownwardApiVolumeFile> files)
    {
        for (var i = 0; i < files.Count; i++)
        {
            var (one, file) = (at.Index(i), files[i]);
            RelativePath(one.Field("path"), file.Path);
            Mode(one.Field("mode"), file.Mode);
            switch (file)
            {
                case { FieldRef: not null, ResourceFieldRef: not null }:
                    one.Invalid("", "fieldRef and resourceFieldRef can not be specified simultaneously");
                    break;
                case { FieldRef: { } field }:
                    FieldPaths.Validate(one.Field("fieldRef"), field, FieldPaths.OfFiles);
                    break;
                case { ResourceFieldRef: { } resource }:
                    FieldPaths.Validate(one.Field("resourceFieldRef"), resource, containerNeeded: true);
                    break;
                default:
                    one.Required("one of fieldRef and resourceFieldRef is required");
                    break;
            }
        }
    }

    public static void RelativePath(ErrorList at, string path)
    {
        at.Plain(path);
        if (path.Length == 0)
        {
            at.Required();
        }
        else if (path[0] == '/')
        {
            at.Invalid(path, "must be a relative path");
        }
        else if (path.Split('/').Contains(".."))
        {
            at.Invalid(path, "must not contain '..'");
        }
        else if (path.StartsWith("..", StringComparison.Ordinal))
        {
            at.Invalid(path, "must not start with '..'");
        }
    }

    private static void Mode(ErrorList at, int? mode)
    {
        if (mode is < 0 or > 0b111_111_111)
        {
            at.Invalid(mode, "must be a number between 0 and 0777 (octal), both inclusive");
        }
    }
}
