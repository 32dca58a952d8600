using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of claims, volumes and classes (core/v1, storage.k8s.io/v1).</summary>
internal static class StorageTypes
{
    private const string NoDriver = "Insula has no driver for it; mount it on the host and use local";
    private const string NothingIsMounted = "volumes are directories of the machine, which are not mounted anew";

    private static readonly string[] s_modes = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];

    public static ObjectType Claim { get; } = new(
        "PersistentVolumeClaim", "A wish for a volume that lasts longer than the pods that use it.",
        Text("apiVersion", "\"v1\".").Required(),
        Text("kind", "\"PersistentVolumeClaim\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        One("spec", () => ClaimSpec, "What is wished.").Required(),
        One("status", () => ClaimStatus, "What has come of it; written by the daemon, ignored in manifests.").ReadOnly());

    public static ObjectType Volume { get; } = new(
        "PersistentVolume", "A volume that lasts: made for a claim by a StorageClass, or by hand.",
        Text("apiVersion", "\"v1\".").Required(),
        Text("kind", "\"PersistentVolume\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows.").Required(),
        One("spec", () => VolumeSpec, "What it is.").Required(),
        One("status", () => VolumeStatus, "What state it is in; written by the daemon, ignored in manifests.").ReadOnly());

    public static ObjectType Class { get; } = new(
        "StorageClass", "How volumes are made for claims.",
        Text("apiVersion", "\"storage.k8s.io/v1\".").Required(),
        Text("kind", "\"StorageClass\".").Required(),
        One("metadata", () => MetaTypes.ObjectMeta, "Name, labels and what the server knows. The annotation storageclass.kubernetes.io/is-default-class: \"true\" makes it the class of claims that name none.").Required(),
        Text("provisioner", "Who makes the volumes: insula.dev/local makes directories below the daemon's root. Of any other, claims wait for volumes made by hand. Cannot be changed.").Required(),
        TextMap("parameters", "What the provisioner is told; insula.dev/local has none."),
        Text("reclaimPolicy", "What becomes of a volume when its claim is gone. Default Delete: it goes, with its data. Cannot be changed.").OneOf("Delete", "Retain"),
        Text("volumeBindingMode", "When a claim gets its volume. WaitForFirstConsumer: when a pod wants it. Default Immediate. Cannot be changed.").OneOf("Immediate", "WaitForFirstConsumer"),
        Bool("allowVolumeExpansion", "Whether bound claims may ask for more. Default false."),
        Texts("mountOptions", "Options of mounts.").Refused(NothingIsMounted),
        Any("allowedTopologies", "Machines on which volumes are made.").Meaningless("there is one machine"));

    public static ObjectType ClaimTemplate { get; } = new(
        "PersistentVolumeClaimTemplate", "A claim that is made.",
        One("metadata", () => TemplateMeta, "Labels and annotations of the claim."),
        One("spec", () => ClaimSpec, "What it wishes.").Required());

    private static ObjectType TemplateMeta { get; } = new(
        "ObjectMeta", "What a claim that is made gets.",
        TextMap("labels", "Labels of the claim."),
        TextMap("annotations", "Annotations of the claim."),
        Time("creationTimestamp", "Ignored.").ReadOnly());

    public static ObjectType NamedClaim { get; } = new(
        "PersistentVolumeClaim", "A claim that is made for each pod.",
        Text("apiVersion", "\"v1\"."),
        Text("kind", "\"PersistentVolumeClaim\"."),
        One("metadata", () => MetaTypes.ObjectMeta, "The template's name, labels and annotations of the claims.").Required(),
        One("spec", () => ClaimSpec, "What they wish.").Required(),
        One("status", () => ClaimStatus, "Ignored.").ReadOnly());

    public static ObjectType ClaimSpec { get; } = new(
        "PersistentVolumeClaimSpec", "What a claim wishes.",
        Texts("accessModes", "How it is to be mounted. ReadWriteOncePod: by one pod at a time, which is enforced; the others tell machines apart, of which there is one.").OneOf(s_modes),
        One("selector", () => MetaTypes.LabelSelector, "Labels that the volume must have; no volume is made for a claim that has one."),
        One("resources", () => Resources, "How large."),
        Text("volumeName", "A volume it is to be bound to; filled in when it is bound."),
        Text("storageClassName", "The class. \"\": volumes made by hand alone. Default the default class, also when that comes later."),
        Text("volumeMode", "Default Filesystem.").OneOf("Filesystem", "Block").Except("Block", NotYet),
        Any("dataSource", "What it is to be filled with.").Refused(),
        Any("dataSourceRef", "What it is to be filled with.").Refused(),
        Text("volumeAttributesClassName", "A VolumeAttributesClass.").Refused());

    private static ObjectType Resources { get; } = new(
        "VolumeResourceRequirements", "How large a volume is to be.",
        QuantityMap("requests", "storage: the least size. A volume made by insula.dev/local holds no more where its file system counts by project, and what its disk has elsewhere: see volumes.md."),
        QuantityMap("limits", "storage: the largest size; not enforced."));

    private static ObjectType ClaimStatus { get; } = new(
        "PersistentVolumeClaimStatus", "What has come of a claim.",
        Text("phase", "Pending, Bound, or Lost: its volume is gone."),
        Texts("accessModes", "How its volume may be mounted."),
        QuantityMap("capacity", "How large its volume is said to be."),
        Any("conditions", "Not used."),
        Any("allocatedResources", "Not used."),
        Any("allocatedResourceStatuses", "Not used."));

    private static ObjectType VolumeSpec { get; } = new(
        "PersistentVolumeSpec", "What a volume is; exactly one source is given.",
        QuantityMap("capacity", "storage: how large it is said to be; what insula.dev/local has made is held to it where its file system counts by project."),
        Texts("accessModes", "How it may be mounted; a claim gets a volume that has all of its modes.").OneOf(s_modes),
        One("claimRef", () => OtherTypes.ObjectReference, "The claim it is bound to, or, with namespace and name, is kept for."),
        Text("persistentVolumeReclaimPolicy", "What becomes of it when its claim is gone. Default Retain; of a volume that was made for a claim its class's.").OneOf("Retain", "Delete", "Recycle").Except("Recycle", "it is deprecated: use Delete, and let a StorageClass make the next one"),
        Text("storageClassName", "Its class; a claim gets a volume of its class."),
        Text("volumeMode", "Default Filesystem.").OneOf("Filesystem", "Block").Except("Block", NotYet),
        Texts("mountOptions", "Options of mounts.").Refused(NothingIsMounted),
        Any("nodeAffinity", "Machines that have it.").Meaningless("there is one machine"),
        Text("volumeAttributesClassName", "A VolumeAttributesClass.").Refused(),
        One("hostPath", () => VolumeTypes.HostPath, "A file or directory of the machine."),
        One("local", () => Local, "A directory or file of the machine that is there; with fsGroup it is given to the pod's group, which hostPath is not."),
        One("csi", () => Csi, "A volume of a driver: of insula.dev/local the directory of that name below the daemon's root."),
        Any("nfs", "An NFS export.").Refused(NoDriver),
        Any("iscsi", "An iSCSI disk.").Refused(NoDriver),
        Any("fc", "A Fibre Channel disk.").Refused(NoDriver),
        Any("cephfs", "A Ceph file system.").Refused(NoDriver),
        Any("rbd", "A Ceph block device.").Refused(NoDriver),
        Any("glusterfs", "A Gluster volume.").Refused(NoDriver),
        Any("cinder", "An OpenStack volume.").Refused(NoDriver),
        Any("flexVolume", "A volume of a FlexVolume driver; deprecated.").Refused(NoDriver),
        Any("flocker", "A Flocker volume; removed from Kubernetes.").Refused(NoDriver),
        Any("awsElasticBlockStore", "An AWS disk.").Refused(NoDriver),
        Any("gcePersistentDisk", "A Google Cloud disk.").Refused(NoDriver),
        Any("azureDisk", "An Azure disk.").Refused(NoDriver),
        Any("azureFile", "An Azure file share.").Refused(NoDriver),
        Any("vsphereVolume", "A vSphere disk.").Refused(NoDriver),
        Any("photonPersistentDisk", "A Photon disk.").Refused(NoDriver),
        Any("portworxVolume", "A Portworx volume.").Refused(NoDriver),
        Any("quobyte", "A Quobyte volume.").Refused(NoDriver),
        Any("scaleIO", "A ScaleIO volume.").Refused(NoDriver),
        Any("storageos", "A StorageOS volume.").Refused(NoDriver));

    private static ObjectType Local { get; } = new(
        "LocalVolumeSource", "A directory or file of the machine.",
        Text("path", "The path; it must be there.").Required(),
        Text("fsType", "File system of a device.").Refused("devices are not mounted: mount it on the host and name the directory"));

    private static ObjectType Csi { get; } = new(
        "CSIPersistentVolumeSource", "A volume of a driver.",
        Text("driver", "The driver: insula.dev/local.").Required(),
        Text("volumeHandle", "What the driver calls it: a DNS name.").Required(),
        Bool("readOnly", "Whether it is mounted read-only."),
        Text("fsType", "File system of a device.").Refused("insula.dev/local makes directories"),
        TextMap("volumeAttributes", "Attributes for the driver.").Refused("insula.dev/local has none"),
        Any("controllerPublishSecretRef", "Secret for the driver.").Refused("insula.dev/local needs none"),
        Any("controllerExpandSecretRef", "Secret for the driver.").Refused("insula.dev/local needs none"),
        Any("nodeStageSecretRef", "Secret for the driver.").Refused("insula.dev/local needs none"),
        Any("nodePublishSecretRef", "Secret for the driver.").Refused("insula.dev/local needs none"),
        Any("nodeExpandSecretRef", "Secret for the driver.").Refused("insula.dev/local needs none"));

    private static ObjectType VolumeStatus { get; } = new(
        "PersistentVolumeStatus", "What state a volume is in.",
        Text("phase", "Pending: it is being made. Available, Bound, Released: its claim is gone. Failed: it could not be removed."),
        Text("message", "Why, in a sentence."),
        Text("reason", "Why, in a word."),
        Time("lastPhaseTransitionTime", "When the phase last changed."));
}
