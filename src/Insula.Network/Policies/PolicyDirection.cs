namespace Insula.Network.Policies;

/// <summary>A direction of connections, seen from a pod.</summary>
internal enum PolicyDirection
{
    /// <summary>To the pod.</summary>
    In,

    /// <summary>From the pod.</summary>
    Out,
}
