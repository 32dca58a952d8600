namespace Insula.Api.Storage;

/// <summary>Names that Kubernetes uses for annotations and finalizers of claims, volumes and classes.</summary>
public static class StorageWords
{
    /// <summary>Annotation of the class that claims have which name none.</summary>
    public const string DefaultClass = "storageclass.kubernetes.io/is-default-class";

    /// <summary>Annotation of a claim that has been bound.</summary>
    public const string BindCompleted = "pv.kubernetes.io/bind-completed";

    /// <summary>Annotation of a claim or volume that somebody else than its author has bound.</summary>
    public const string BoundByController = "pv.kubernetes.io/bound-by-controller";

    /// <summary>Annotation of a volume that was made for a claim: by whom.</summary>
    public const string ProvisionedBy = "pv.kubernetes.io/provisioned-by";

    /// <summary>Annotation of a claim whose first consumer was found.</summary>
    public const string SelectedNode = "volume.kubernetes.io/selected-node";

    /// <summary>Annotation that named the class before there was a field; it still counts first.</summary>
    public const string BetaClass = "volume.beta.kubernetes.io/storage-class";

    /// <summary>Finalizer of claims: as long as a pod uses it.</summary>
    public const string ClaimProtection = "kubernetes.io/pvc-protection";

    /// <summary>Finalizer of volumes: as long as a claim is bound to it.</summary>
    public const string VolumeProtection = "kubernetes.io/pv-protection";

    /// <summary>Finalizer of volumes that were made: until what was made is removed.</summary>
    public const string ProvisionerFinalizer = "external-provisioner.volume.kubernetes.io/finalizer";

    /// <summary>The resource that claims ask for.</summary>
    public const string Storage = "storage";
}
