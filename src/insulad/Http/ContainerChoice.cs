using Insula.Api.Core;

namespace Insulad.Http;

/// <summary>Finds the container a request about a pod means, with the words of Kubernetes when it is not clear.</summary>
internal static class ContainerChoice
{
    public static string Choose(Pod pod, string? wanted)
    {
        if (string.IsNullOrEmpty(wanted))
        {
            if (pod.Spec.Containers is [var only])
            {
                return only.Name;
            }

            if (pod.Metadata.Annotations.TryGetValue("kubectl.kubernetes.io/default-container", out var standard)
                && pod.Spec.Containers.Any(c => c.Name == standard))
            {
                return standard;
            }

            var choices = $"choose one of: [{string.Join(' ', pod.Spec.Containers.Select(c => c.Name))}]";
            var init = pod.Spec.InitContainers.Count == 0 ? "" : $" or one of the init containers: [{string.Join(' ', pod.Spec.InitContainers.Select(c => c.Name))}]";
            throw ApiException.BadRequest($"a container name must be specified for pod {pod.Metadata.Name}, {choices}{init}");
        }

        return pod.Spec.Containers.Concat(pod.Spec.InitContainers).Concat(pod.Spec.EphemeralContainers).Any(c => c.Name == wanted)
            ? wanted
            : throw ApiException.BadRequest($"container {wanted} is not valid for pod {pod.Metadata.Name}");
    }
}
