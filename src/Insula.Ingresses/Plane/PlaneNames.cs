namespace Insula.Ingresses.Plane;

/// <summary>Names of the objects that the proxy consists of.</summary>
public static class PlaneNames
{
    /// <summary>Their namespace.</summary>
    public const string Namespace = "insula-system";

    /// <summary>The Deployment, the Service, the Secret of the configuration, and the label of the pods.</summary>
    public const string Name = "insula-ingress";

    /// <summary>The label that pods are known by.</summary>
    public const string NameLabel = "app.kubernetes.io/name";

    /// <summary>The label that says who made an object.</summary>
    public const string ManagedByLabel = "app.kubernetes.io/managed-by";

    /// <summary>Its value.</summary>
    public const string ManagedBy = "insulad";

    /// <summary>An image without a file: all that the pod has are views of the machine's.</summary>
    public const string Image = "insula.internal/empty:1";

    /// <summary>The abstract Unix socket of HAProxy's command line, in the pod's network namespace.</summary>
    public const string Socket = "insula-ingress";

    /// <summary>How many Secrets the certificates are spread over: one holds 1 MiB.</summary>
    public const int CertificateSecrets = 8;

    /// <summary>Their names.</summary>
    public static string CertificateSecret(int number) => $"{Name}-certificates-{number}";
}
