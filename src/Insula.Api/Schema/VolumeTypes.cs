using static Insula.Api.Schema.Define;

namespace Insula.Api.Schema;

/// <summary>The fields of volumes (core/v1).</summary>
internal static class VolumeTypes
{
    private const string NoDriver = "Insula has no driver for it; mount it on the host and use hostPath";

    public static ObjectType Volume { get; } = new(
        "Volume", "A volume of the pod; exactly one source is given.",
        Text("name", "A DNS label, unique in the pod.").Required(),
        One("emptyDir", () => EmptyDir, "An empty directory that lives as long as the pod."),
        One("hostPath", () => HostPath, "A file or directory of the host."),
        One("configMap", () => VolumePluginTypes.ConfigMap, "Files from a ConfigMap."),
        One("secret", () => VolumePluginTypes.Secret, "Files from a Secret."),
        One("projected", () => VolumePluginTypes.Projected, "Files from several sources."),
        One("downwardAPI", () => VolumePluginTypes.DownwardApi, "Files from the pod's own fields."),
        One("persistentVolumeClaim", () => VolumePluginTypes.Claim, "A volume that lasts, by its claim; the pod waits until that is bound."),
        One("image", () => VolumePluginTypes.Image, "The content of an image, read-only; it is pulled as a container's image is."),
        One("csi", () => VolumePluginTypes.Csi, "A volume of a CSI driver.").Refused(),
        One("ephemeral", () => VolumePluginTypes.Ephemeral, "A persistent volume that lives as long as the pod."),
        One("nfs", () => VolumePluginTypes.Nfs, "An NFS export.").Refused(NoDriver),
        One("iscsi", () => VolumePluginTypes.Iscsi, "An iSCSI disk.").Refused(NoDriver),
        One("fc", () => VolumePluginTypes.FibreChannel, "A Fibre Channel disk.").Refused(NoDriver),
        One("cephfs", () => VolumePluginTypes.CephFs, "A Ceph file system.").Refused(NoDriver),
        One("rbd", () => VolumePluginTypes.Rbd, "A Ceph block device.").Refused(NoDriver),
        One("glusterfs", () => VolumePluginTypes.Glusterfs, "A Gluster volume.").Refused(NoDriver),
        One("cinder", () => VolumePluginTypes.Cinder, "An OpenStack volume.").Refused(NoDriver),
        One("flexVolume", () => VolumePluginTypes.FlexVolume, "A volume of a FlexVolume driver; deprecated.").Refused(NoDriver),
        One("flocker", () => VolumePluginTypes.Flocker, "A Flocker volume; removed from Kubernetes.").Refused(NoDriver),
        One("gitRepo", () => VolumePluginTypes.GitRepo, "A clone of a git repository; deprecated.").Refused("clone it in a container into an emptyDir"),
        One("awsElasticBlockStore", () => VolumePluginTypes.AwsElasticBlockStore, "An AWS disk.").Refused(NoDriver),
        One("gcePersistentDisk", () => VolumePluginTypes.GcePersistentDisk, "A Google Cloud disk.").Refused(NoDriver),
        One("azureDisk", () => VolumePluginTypes.AzureDisk, "An Azure disk.").Refused(NoDriver),
        One("azureFile", () => VolumePluginTypes.AzureFile, "An Azure file share.").Refused(NoDriver),
        One("vsphereVolume", () => VolumePluginTypes.Vsphere, "A vSphere disk.").Refused(NoDriver),
        One("photonPersistentDisk", () => VolumePluginTypes.Photon, "A Photon disk.").Refused(NoDriver),
        One("portworxVolume", () => VolumePluginTypes.Portworx, "A Portworx volume.").Refused(NoDriver),
        One("quobyte", () => VolumePluginTypes.Quobyte, "A Quobyte volume.").Refused(NoDriver),
        One("scaleIO", () => VolumePluginTypes.ScaleIO, "A ScaleIO volume.").Refused(NoDriver),
        One("storageos", () => VolumePluginTypes.StorageOS, "A StorageOS volume.").Refused(NoDriver));

    public static ObjectType ObjectFieldSelector { get; } = new(
        "ObjectFieldSelector", "A field of the pod.",
        Text("apiVersion", "Version the path is written in. Default v1."),
        Text("fieldPath", "The path, e.g. metadata.name.").Required());

    public static ObjectType ResourceFieldSelector { get; } = new(
        "ResourceFieldSelector", "A limit or request of a container.",
        Text("containerName", "The container."),
        Text("resource", "The resource, e.g. limits.cpu.").Required(),
        Quantity("divisor", "The unit of the result. Default 1."));

    private static ObjectType EmptyDir { get; } = new(
        "EmptyDirVolumeSource", "An empty directory that lives as long as the pod.",
        Text("medium", "\"\" for disk, Memory for tmpfs, whose content counts as the writing container's memory, HugePages-SIZE (such as HugePages-2Mi) for hugetlbfs in pages of a size that a container requests, HugePages where that is one size."),
        Quantity("sizeLimit", "Largest size in bytes; of huge pages rounded up to whole ones."));

    public static ObjectType HostPath { get; } = new(
        "HostPathVolumeSource", "A file or directory of the host.",
        Text("path", "The path.").Required(),
        Text("type", "What must be there, or is made. Default \"\": no check.").OneOf("", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"));
}
