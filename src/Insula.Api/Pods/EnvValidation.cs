using Insula.Api.Core;
using Insula.Api.Validation;

namespace Insula.Api.Pods;

/// <summary>Checks a container's variables and where they come from.</summary>
internal static class EnvValidation
{
    private const int LongestFileKey = 128;

    public static void Env(ErrorList at, IReadOnlyList<EnvVar> variables, IReadOnlyList<Volume> volumes)
    {
        for (var i = 0; i < variables.Count; i++)
        {
            at.Index(i).Field("name").Name(variables[i].Name, Names.EnvName);
            at.Index(i).Field("value").WithoutNul(variables[i].Value);
            if (variables[i].ValueFrom is { } source)
            {
                ValueFrom(at.Index(i).Field("valueFrom"), source, variables[i].Value, volumes);
            }
        }
    }

    public static void EnvFrom(ErrorList at, IReadOnlyList<EnvFromSource> sources)
    {
        for (var i = 0; i < sources.Count; i++)
        {
            var (one, source) = (at.Index(i), sources[i]);
            if (source.Prefix is { Length: > 0 } prefix && Names.EnvName(prefix) is { } complaint)
            {
                one.Field("prefix").Invalid(prefix, complaint);
            }

            switch (source)
            {
                case { ConfigMapRef: null, SecretRef: null }:
                    one.Required("must specify one of: `configMapRef` or `secretRef`");
                    break;
                case { ConfigMapRef: not null, SecretRef: not null }:
                    one.Invalid("", "may not have more than one field specified at a time");
                    break;
                case { ConfigMapRef: { } map }:
                    one.Field("configMapRef").Field("name").Name(map.Name, Names.Dns1123Subdomain);
                    break;
                case { SecretRef: { } secret }:
                    one.Field("secretRef").Field("name").Name(secret.Name, Names.Dns1123Subdomain);
                    break;
            }
        }
    }

    private static void ValueFrom(ErrorList at, EnvVarSource source, string? value, IReadOnlyList<Volume> volumes)
    {
        var count = 0;
        if (source.FieldRef is { } field)
        {
            count++;
            FieldPaths.Validate(at.Field("fieldRef"), field, FieldPaths.OfVariables);
        }

        if (source.ResourceFieldRef is { } resource)
        {
            count++;
            FieldPaths.Validate(at.Field("resourceFieldRef"), resource, containerNeeded: false);
        }

        if (source.ConfigMapKeyRef is { } map)
        {
            count++;
            Key(at.Field("configMapKeyRef"), map);
        }

        if (source.SecretKeyRef is { } secret)
        {
            count++;
            Key(at.Field("secretKeyRef"), secret);
        }

        if (source.FileKeyRef is { } file)
        {
            count++;
            FileKey(at.Field("fileKeyRef"), file, volumes);
        }

        if (count == 0)
        {
            at.Invalid("", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`");
        }
        else if (count > 1)
        {
            at.Invalid("", "may not have more than one field specified at a time");
        }
        else if (!string.IsNullOrEmpty(value))
        {
            at.Invalid("", "may not be specified when `value` is not empty");
        }
    }

    private static void FileKey(ErrorList at, FileKeySelector selector, IReadOnlyList<Volume> volumes)
    {
        at.Field("key").Name(selector.Key, Names.EnvName);
        if (selector.Key.Length > LongestFileKey)
        {
            at.All.Add(FieldError.TooLong(at.Field("key").Path, LongestFileKey));
        }

        ConfigVolumeValidation.RelativePath(at.Field("path"), selector.Path);
        var volume = at.Field("volumeName");
        if (selector.VolumeName.Length == 0)
        {
            volume.Required();
        }
        else if (volumes.FirstOrDefault(v => v.Name == selector.VolumeName) is not { } named)
        {
            volume.NotFound(selector.VolumeName);
        }
        else if (named.EmptyDir is null)
        {
            volume.Invalid(selector.VolumeName, "must be a volume of the type emptyDir");
        }
    }

    private static void Key(ErrorList at, KeySelector selector)
    {
        at.Field("name").Name(selector.Name, Names.Dns1123Subdomain);
        at.Field("key").Name(selector.Key, Names.ConfigKey);
    }
}
