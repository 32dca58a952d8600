using System.Globalization;
using System.Text;
using Insula.Api.Core;
using Insula.Api.Pods;
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
        "metadata.labels" => Lines(pod.Metadata.Labels),
        "metadata.annotations" => Lines(pod.Metadata.Annotations),
        _ when FieldPaths.Subscript(path, "metadata.labels") is { } label => pod.Metadata.Labels.GetValueOrDefault(label, ""),
        _ when FieldPaths.Subscript(path, "metadata.annotations") is { } annotation => pod.Metadata.Annotations.GetValueOrDefault(annotation, ""),
        _ => throw new LaunchRefusedException(Reasons.CreateContainerConfigError, $"fieldRef: \"{path}\" is not a field that can be referred to"),
    };

    // fieldpath.FormatMap of Kubernetes: sorted lines of key="value", quoted as Go does.
    private static string Lines(IReadOnlyDictionary<string, string> map) =>
        string.Join('\n', map.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}={Quoted(e.Value)}"));

    private static string Quoted(string text)
    {
        var result = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => result.Append("\\\""),
                '\\' => result.Append("\\\\"),
                '\n' => result.Append("\\n"),
                '\r' => result.Append("\\r"),
                '\t' => result.Append("\\t"),
                _ when char.IsControl(c) => result.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => result.Append(c),
            };
        }

        return result.Append('"').ToString();
    }
}
