namespace Insula.Sandbox.Containers;

/// <summary>How mounts made later travel between the host and a container's mount (mount_namespaces(7)).</summary>
public enum MountPropagation
{
    /// <summary>Neither way.</summary>
    Private,

    /// <summary>From the host to the container.</summary>
    HostToContainer,

    /// <summary>Both ways.</summary>
    Bidirectional,
}
