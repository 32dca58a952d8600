using System.Text;
using System.Text.Json.Nodes;
using Insula.Api.Manifests;

namespace Insula.Api.Tests.PodSecurity;

/// <summary>Documents from YAML that are not decoded: standards are about what a pod asks for, honoured or not.</summary>
internal static class Documents
{
    public static JsonObject Pod(string spec, string metadata = "{name: web}") =>
        Manifest.ReadYaml(Encoding.UTF8.GetBytes($"{{apiVersion: v1, kind: Pod, metadata: {metadata}, spec: {spec}}}"))!.AsObject();

    public static JsonObject Namespace(string labels, string name = "shop") =>
        Manifest.ReadYaml(Encoding.UTF8.GetBytes($"{{apiVersion: v1, kind: Namespace, metadata: {{name: {name}, labels: {labels}}}}}"))!.AsObject();
}
