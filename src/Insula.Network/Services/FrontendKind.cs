namespace Insula.Network.Services;

/// <summary>What a frontend is.</summary>
public enum FrontendKind
{
    /// <summary>A Service's own address: for pods and the host.</summary>
    ServiceAddress,

    /// <summary>A Service's port of the machine: a door; rejects when nothing is behind it.</summary>
    NodePort,

    /// <summary>A Service's port at an address that a load balancer gave: a door; rejects when nothing is behind it.</summary>
    Balancer,

    /// <summary>A pod's port of the machine: a door as long as the pod is there.</summary>
    HostPort,
}
