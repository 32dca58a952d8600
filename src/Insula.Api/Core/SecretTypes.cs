namespace Insula.Api.Core;

/// <summary>Types of secrets.</summary>
public static class SecretTypes
{
    /// <summary>Anything; the default.</summary>
    public const string Opaque = "Opaque";

    /// <summary>A token of a service account.</summary>
    public const string ServiceAccountToken = "kubernetes.io/service-account-token";

    /// <summary>A ~/.dockercfg file.</summary>
    public const string DockerCfg = "kubernetes.io/dockercfg";

    /// <summary>A ~/.docker/config.json file.</summary>
    public const string DockerConfigJson = "kubernetes.io/dockerconfigjson";

    /// <summary>User name and password.</summary>
    public const string BasicAuth = "kubernetes.io/basic-auth";

    /// <summary>A private key for SSH.</summary>
    public const string SshAuth = "kubernetes.io/ssh-auth";

    /// <summary>A certificate and its key.</summary>
    public const string Tls = "kubernetes.io/tls";
}
