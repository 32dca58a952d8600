namespace Insula.Sandbox;

/// <summary>Whose namespace of a kind a container lives in, in the words of the Container Runtime Interface.</summary>
public enum NamespaceMode
{
    /// <summary>The pod's own, shared by its containers.</summary>
    Pod,

    /// <summary>One of its own for every container (PID namespaces only).</summary>
    Container,

    /// <summary>The host's.</summary>
    Host,
}
