namespace Insula.Pods.Streaming;

/// <summary>A connection to a port of a pod, as <c>pods/NAME/portforward</c> asks for it.</summary>
/// <param name="Namespace">The pod's namespace.</param>
/// <param name="Pod">The pod's name.</param>
/// <param name="Port">The TCP port, 1 to 65535.</param>
public sealed record PodConnectRequest(string Namespace, string Pod, int Port)
{
    /// <summary>An abstract Unix socket of the pod's network namespace instead of a port (unix(7)); its name, without the NUL before it.</summary>
    public string? LocalName { get; init; }
}
