using Insula.Api.Core;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Launch;

/// <summary>What a <c>fieldRef</c> may name, beyond the object itself.</summary>
/// <param name="Hostname">The pod's host name.</param>
/// <param name="NodeName">This machine's name.</param>
/// <param name="Addresses">The pod's addresses.</param>
/// <param name="HostAddresses">The host's addresses.</param>
internal sealed record PodFieldValues(string Hostname, string NodeName, IReadOnlyList<string> Addresses, IReadOnlyList<string> HostAddresses)
{
    public string Value(Pod pod, string path) => path switch
    {
        "metadata.name" => pod.Metadata.Name,
        "metadata.namespace" => pod.Metadata.Namespace ?? "default",
        "metadata.uid" => pod.Metadata.Uid ?? "",
        "spec.nodeName" => pod.Spec.NodeName ?? NodeName,
        "spec.serviceAccountName" => pod.Spec.ServiceAccountName ?? "default",
        "status.podIP" => Addresses.Count > 0 ? Addresses[0] : "",
        "status.podIPs" => string.Join(',', Addresses),
        "status.hostIP" => HostAddresses.Count > 0 ? HostAddresses[0] : "",
        "status.hostIPs" => string.Join(',', HostAddresses),
        _ when Subscript(path, "metadata.labels") is { } label => pod.Metadata.Labels.GetValueOrDefault(label, ""),
        _ when Subscript(path, "metadata.annotations") is { } annotation => pod.Metadata.Annotations.GetValueOrDefault(annotation, ""),
        _ => throw new LaunchRefusedException(Reasons.CreateContainerConfigError, $"fieldRef: \"{path}\" is not a field that can be referred to"),
    };

    private static string? Subscript(string path, string field) =>
        path.StartsWith(field + "['", StringComparison.Ordinal) && path.EndsWith("']", StringComparison.Ordinal)
            ? path[(field.Length + 2)..^2]
            : null;
}
