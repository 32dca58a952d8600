using System.Text;
using Insula.Api.Core;
using Insula.Api.Validation;

namespace Insula.Api.Configs;

/// <summary>Checks ConfigMaps as Kubernetes does.</summary>
public static class ConfigMapValidation
{
    /// <summary>What is wrong with one; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(ConfigMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        var errors = new List<FieldError>();
        var at = new ErrorList(errors, "");
        MetadataValidation.Validate(at.Field("metadata"), map.Metadata, namespaced: true);
        var size = 0L;
        foreach (var (key, text) in map.Data)
        {
            ConfigData.Key(at.Field("data"), key);
            size += Encoding.UTF8.GetByteCount(text);
            if (map.BinaryData.ContainsKey(key))
            {
                at.Field("data").Key(key).Invalid(key, "duplicate of key present in binaryData");
            }
        }

        foreach (var (key, text) in map.BinaryData)
        {
            ConfigData.Key(at.Field("binaryData"), key);
            size += ConfigData.Bytes(at.Field("binaryData"), key, text)?.Length ?? 0;
        }

        ConfigData.Size(at.Field("data"), size);
        return errors;
    }

    /// <summary>What a change would touch that may not change.</summary>
    public static IReadOnlyList<FieldError> ValidateUpdate(ConfigMap before, ConfigMap after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var errors = new List<FieldError>();
        ConfigData.Immutable(new ErrorList(errors, ""), before.Immutable, after.Immutable, ("data", before.Data, after.Data), ("binaryData", before.BinaryData, after.BinaryData));
        return errors;
    }
}
