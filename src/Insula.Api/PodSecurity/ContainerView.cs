using System.Text.Json.Nodes;

namespace Insula.Api.PodSecurity;

/// <summary>A container's part of a pod's document as the checks read it.</summary>
internal sealed class ContainerView(JsonObject container)
{
    public string Name => Json.Text(container, "name") ?? "";

    public JsonObject? SecurityContext => Json.Object(container, "securityContext");

    public IEnumerable<JsonObject> Ports => Json.Objects(container, "ports");

    public IEnumerable<string> Capabilities(string list) => Json.Texts(Json.Object(SecurityContext, "capabilities"), list);

    /// <summary>The hosts that probes and lifecycle hooks name.</summary>
    public IEnumerable<string> HandlerHosts
    {
        get
        {
            var lifecycle = Json.Object(container, "lifecycle");
            JsonObject?[] handlers =
            [
                Json.Object(container, "livenessProbe"), Json.Object(container, "readinessProbe"), Json.Object(container, "startupProbe"),
                Json.Object(lifecycle, "postStart"), Json.Object(lifecycle, "preStop"),
            ];
            return handlers
                .SelectMany(h => (JsonObject?[])[Json.Object(h, "httpGet"), Json.Object(h, "tcpSocket")])
                .Select(action => Json.Text(action, "host"))
                .OfType<string>()
                .Where(host => host.Length > 0);
        }
    }
}
