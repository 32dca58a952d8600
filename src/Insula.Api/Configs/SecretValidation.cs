using System.Text.Json;
using Insula.Api.Core;
using Insula.Api.Validation;

namespace Insula.Api.Configs;

/// <summary>Checks Secrets as Kubernetes does. No message shows a value.</summary>
public static class SecretValidation
{
    private const string AccountName = "kubernetes.io/service-account.name";

    /// <summary>What is wrong with one that has its defaults; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(Secret secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        var errors = new List<FieldError>();
        var at = new ErrorList(errors, "");
        MetadataValidation.Validate(at.Field("metadata"), secret.Metadata, namespaced: true);
        var data = at.Field("data");
        var values = new Dictionary<string, byte[]>();
        foreach (var (key, text) in secret.Data)
        {
            ConfigData.Key(data, key);
            if (ConfigData.Bytes(data, key, text) is { } bytes)
            {
                values[key] = bytes;
            }
        }

        ConfigData.Size(data, values.Values.Sum(v => (long)v.Length));
        switch (secret.Type)
        {
            case SecretTypes.ServiceAccountToken:
                if (!secret.Metadata.Annotations.TryGetValue(AccountName, out var account) || account.Length == 0)
                {
                    at.Field("metadata").Field("annotations").Key(AccountName).Required();
                }

                break;
            case SecretTypes.DockerCfg:
                Json(data, ".dockercfg");
                break;
            case SecretTypes.DockerConfigJson:
                Json(data, ".dockerconfigjson");
                break;
            case SecretTypes.BasicAuth:
                if (!secret.Data.ContainsKey("username") && !secret.Data.ContainsKey("password"))
                {
                    data.Key("username").Required();
                    data.Key("password").Required();
                }

                break;
            case SecretTypes.SshAuth:
                if (secret.Data.GetValueOrDefault("ssh-privatekey", "").Length == 0)
                {
                    data.Key("ssh-privatekey").Required();
                }

                break;
            case SecretTypes.Tls:
                foreach (var key in (string[])["tls.crt", "tls.key"])
                {
                    if (!secret.Data.ContainsKey(key))
                    {
                        data.Key(key).Required();
                    }
                }

                break;
            default:
                break;
        }

        return errors;

        void Json(ErrorList list, string key)
        {
            if (!values.TryGetValue(key, out var bytes))
            {
                list.Key(key).Required();
                return;
            }

            try
            {
                using var document = JsonDocument.Parse(bytes);
            }
            catch (JsonException)
            {
                list.Key(key).Invalid("<not shown>", "must be JSON");
            }
        }
    }

    /// <summary>What a change would touch that may not change.</summary>
    public static IReadOnlyList<FieldError> ValidateUpdate(Secret before, Secret after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var errors = new List<FieldError>();
        var at = new ErrorList(errors, "");
        if (before.Type != after.Type)
        {
            at.Field("type").Invalid(after.Type, "field is immutable");
        }

        ConfigData.Immutable(at, before.Immutable, after.Immutable, ("data", before.Data, after.Data));
        return errors;
    }
}
