using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of the volume sources made from objects, and of those that need drivers which Insula has not (core/v1).</summary>
internal static class VolumePluginTypes
{
    private static readonly FieldInfo _fsType = Text("fsType", "File system type.");
    private static readonly FieldInfo _readOnly = Bool("readOnly", "Whether it is read-only.");
    private static readonly FieldInfo _secretRef = One("secretRef", () => SecretReference, "Secret with the credentials.");
    private static readonly FieldInfo _items = Many("items", () => KeyToPath, "Which keys become files; default all.");
    private static readonly FieldInfo _defaultMode = Int("defaultMode", "Mode of the files. Default 0644.");
    private static readonly FieldInfo _optional = Bool("optional", "Whether it may be missing.");
    private static readonly FieldInfo _name = Text("name", "Name of the object.");

    public static ObjectType ConfigMap { get; } = new("ConfigMapVolumeSource", "Files from a ConfigMap.", _name, _items, _defaultMode, _optional);

    public static ObjectType Secret { get; } = new(
        "SecretVolumeSource", "Files from a Secret.", Text("secretName", "Name of the Secret."), _items, _defaultMode, _optional);

    public static ObjectType DownwardApi { get; } = new(
        "DownwardAPIVolumeSource", "Files from the pod's own fields.", Many("items", () => DownwardApiFile, "The files."), _defaultMode);

    public static ObjectType Projected { get; } = new(
        "ProjectedVolumeSource", "Files from several sources.", Many("sources", () => VolumeProjection, "The sources."), _defaultMode);

    public static ObjectType Claim { get; } = new(
        "PersistentVolumeClaimVolumeSource", "A claimed volume.", Text("claimName", "Name of the claim.").Required(), _readOnly);

    public static ObjectType Image { get; } = new(
        "ImageVolumeSource", "The content of an image.", Text("reference", "The image.").Required(), Text("pullPolicy", "When it is pulled. Default Always for the tag latest or none, else IfNotPresent.").OneOf("Always", "IfNotPresent", "Never"));

    public static ObjectType Csi { get; } = new(
        "CSIVolumeSource", "A volume of a CSI driver.", Text("driver", "The driver.").Required(), _readOnly, _fsType,
        TextMap("volumeAttributes", "Attributes for the driver."), One("nodePublishSecretRef", () => SecretReference, "Secret for the driver."));

    public static ObjectType Ephemeral { get; } = new(
        "EphemeralVolumeSource", "A volume made for the pod.", One("volumeClaimTemplate", () => StorageTypes.ClaimTemplate, "The claim that is made, named POD-VOLUME; it goes with the pod.").Required());

    public static ObjectType Nfs { get; } = new(
        "NFSVolumeSource", "An NFS export.", Text("server", "The server.").Required(), Text("path", "The export.").Required(), _readOnly);

    public static ObjectType Iscsi { get; } = new(
        "ISCSIVolumeSource", "An iSCSI disk.", Text("targetPortal", "Address of the target.").Required(), Text("iqn", "Name of the target.").Required(),
        Int("lun", "Unit number.").Required(), Text("iscsiInterface", "Interface name."), _fsType, _readOnly, Texts("portals", "Further addresses."),
        Bool("chapAuthDiscovery", "CHAP for discovery."), Bool("chapAuthSession", "CHAP for sessions."), _secretRef, Text("initiatorName", "Name of the initiator."));

    public static ObjectType FibreChannel { get; } = new(
        "FCVolumeSource", "A Fibre Channel disk.", Texts("targetWWNs", "World-wide names of the targets."), Int("lun", "Unit number."), _fsType, _readOnly, Texts("wwids", "World-wide ids."));

    public static ObjectType CephFs { get; } = new(
        "CephFSVolumeSource", "A Ceph file system.", Texts("monitors", "The monitors."), Text("path", "Directory."), Text("user", "User."), Text("secretFile", "Key file."), _secretRef, _readOnly);

    public static ObjectType Rbd { get; } = new(
        "RBDVolumeSource", "A Ceph block device.", Texts("monitors", "The monitors."), Text("image", "The image.").Required(), _fsType, Text("pool", "Pool."), Text("user", "User."), Text("keyring", "Key file."), _secretRef, _readOnly);

    public static ObjectType Glusterfs { get; } = new(
        "GlusterfsVolumeSource", "A Gluster volume.", Text("endpoints", "The endpoints.").Required(), Text("path", "The volume.").Required(), _readOnly);

    public static ObjectType Cinder { get; } = new(
        "CinderVolumeSource", "An OpenStack volume.", Text("volumeID", "Its id.").Required(), _fsType, _readOnly, _secretRef);

    public static ObjectType FlexVolume { get; } = new(
        "FlexVolumeSource", "A volume of a FlexVolume driver.", Text("driver", "The driver.").Required(), _fsType, _secretRef, _readOnly, TextMap("options", "Options for the driver."));

    public static ObjectType Flocker { get; } = new(
        "FlockerVolumeSource", "A Flocker volume.", Text("datasetName", "Its name."), Text("datasetUUID", "Its id."));

    public static ObjectType GitRepo { get; } = new(
        "GitRepoVolumeSource", "A clone of a git repository.", Text("repository", "The repository.").Required(), Text("revision", "The commit."), Text("directory", "Target directory."));

    public static ObjectType AwsElasticBlockStore { get; } = new(
        "AWSElasticBlockStoreVolumeSource", "An AWS disk.", Text("volumeID", "Its id.").Required(), _fsType, Int("partition", "Partition."), _readOnly);

    public static ObjectType GcePersistentDisk { get; } = new(
        "GCEPersistentDiskVolumeSource", "A Google Cloud disk.", Text("pdName", "Its name.").Required(), _fsType, Int("partition", "Partition."), _readOnly);

    public static ObjectType AzureDisk { get; } = new(
        "AzureDiskVolumeSource", "An Azure disk.", Text("diskName", "Its name.").Required(), Text("diskURI", "Its URI.").Required(), Text("cachingMode", "Caching."), _fsType, _readOnly, Text("kind", "Shared, Dedicated or Managed."));

    public static ObjectType AzureFile { get; } = new(
        "AzureFileVolumeSource", "An Azure file share.", Text("secretName", "Secret with the account.").Required(), Text("shareName", "The share.").Required(), _readOnly);

    public static ObjectType Vsphere { get; } = new(
        "VsphereVirtualDiskVolumeSource", "A vSphere disk.", Text("volumePath", "Its path.").Required(), _fsType, Text("storagePolicyName", "Storage policy."), Text("storagePolicyID", "Id of the storage policy."));

    public static ObjectType Photon { get; } = new("PhotonPersistentDiskVolumeSource", "A Photon disk.", Text("pdID", "Its id.").Required(), _fsType);

    public static ObjectType Portworx { get; } = new("PortworxVolumeSource", "A Portworx volume.", Text("volumeID", "Its id.").Required(), _fsType, _readOnly);

    public static ObjectType Quobyte { get; } = new(
        "QuobyteVolumeSource", "A Quobyte volume.", Text("registry", "The registries.").Required(), Text("volume", "Its name.").Required(), _readOnly, Text("user", "User."), Text("group", "Group."), Text("tenant", "Tenant."));

    public static ObjectType ScaleIO { get; } = new(
        "ScaleIOVolumeSource", "A ScaleIO volume.", Text("gateway", "The gateway.").Required(), Text("system", "The system.").Required(), _secretRef, Bool("sslEnabled", "Whether SSL is used."),
        Text("protectionDomain", "Protection domain."), Text("storagePool", "Storage pool."), Text("storageMode", "Storage mode."), Text("volumeName", "Its name."), _fsType, _readOnly);

    public static ObjectType StorageOS { get; } = new(
        "StorageOSVolumeSource", "A StorageOS volume.", Text("volumeName", "Its name."), Text("volumeNamespace", "Its namespace."), _fsType, _readOnly, _secretRef);

    private static ObjectType SecretReference { get; } = new("LocalObjectReference", "An object in the pod's namespace.", _name);

    private static ObjectType KeyToPath { get; } = new(
        "KeyToPath", "A key that becomes a file.", Text("key", "The key.").Required(), Text("path", "The file.").Required(), Int("mode", "Its mode."));

    private static ObjectType DownwardApiFile { get; } = new(
        "DownwardAPIVolumeFile", "A field that becomes a file.", Text("path", "The file.").Required(), One("fieldRef", () => VolumeTypes.ObjectFieldSelector, "A field of the pod."),
        One("resourceFieldRef", () => VolumeTypes.ResourceFieldSelector, "A limit or request."), Int("mode", "Its mode."));

    private static ObjectType VolumeProjection { get; } = new(
        "VolumeProjection", "One source of a projected volume.",
        One("secret", () => new("SecretProjection", "Files from a Secret.", _name, _items, _optional), "Files from a Secret."),
        One("configMap", () => new("ConfigMapProjection", "Files from a ConfigMap.", _name, _items, _optional), "Files from a ConfigMap."),
        One("downwardAPI", () => new("DownwardAPIProjection", "Files from the pod's fields.", Many("items", () => DownwardApiFile, "The files.")), "Files from the pod's fields."),
        One("serviceAccountToken", () => ServiceAccountToken, "A token of the service account.").Refused("pods have no identity towards the API"),
        One("clusterTrustBundle", () => ClusterTrustBundle, "Trusted certificates.").Refused(),
        One("podCertificate", () => PodCertificate, "A certificate made for the pod.").Refused());

    private static ObjectType ServiceAccountToken { get; } = new(
        "ServiceAccountTokenProjection", "A token.", Text("audience", "Audience."), Long("expirationSeconds", "Lifetime in seconds."), Text("path", "The file.").Required());

    private static ObjectType ClusterTrustBundle { get; } = new(
        "ClusterTrustBundleProjection", "Trusted certificates.", _name, Text("signerName", "The signer."), One("labelSelector", () => MetaTypes.LabelSelector, "Bundles of the signer."), _optional, Text("path", "The file.").Required());

    private static ObjectType PodCertificate { get; } = new(
        "PodCertificateProjection", "A certificate.", Text("signerName", "The signer."), Text("keyType", "Type of key."), Int("maxExpirationSeconds", "Lifetime in seconds."), Text("credentialBundlePath", "File with key and chain."),
        Text("keyPath", "File with the key."), Text("certificateChainPath", "File with the chain."), TextMap("userAnnotations", "Annotations for the signer."));
}
