using System.Text.Json.Nodes;

namespace Insula.Api.PodSecurity;

/// <summary>
/// A pod's document as the checks read it. They read JSON and not the typed object: a policy is about what a pod asks
/// for, whether or not this version honours it.
/// </summary>
internal sealed class PodView(JsonObject pod)
{
    public JsonObject Spec { get; } = Json.Object(pod, "spec") ?? [];

    public JsonObject? SecurityContext => Json.Object(Spec, "securityContext");

    /// <summary>Init containers, containers and ephemeral containers, in this order.</summary>
    public IReadOnlyList<ContainerView> Containers =>
        [.. ((string[])["initContainers", "containers", "ephemeralContainers"]).SelectMany(n => Json.Objects(Spec, n)).Select(c => new ContainerView(c))];

    public IEnumerable<(string Key, string Value)> Annotations =>
        (Json.Object(Json.Object(pod, "metadata"), "annotations") ?? []).Select(a => (a.Key, a.Value?.ToString() ?? ""));

    /// <summary>Root in a user namespace of the pod's own is nobody outside (KEP-127).</summary>
    public bool HasOwnUsers => Json.Flag(Spec, "hostUsers") == false;

    /// <summary>The names of the containers for which something holds.</summary>
    public List<string> ContainersWhere(Func<ContainerView, bool> condition) => [.. Containers.Where(condition).Select(c => c.Name)];
}
