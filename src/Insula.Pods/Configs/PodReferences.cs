using Insula.Api.Core;
using Insula.Api.Meta;
using Insula.Api.Storage;
using Insula.Pods.Claims;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Configs;

/// <summary>The ConfigMaps, Secrets and claims that a pod names. Pure.</summary>
internal static class PodReferences
{
    /// <summary>Those its containers' variables come from, those its volumes do, and the claims of these.</summary>
    public static IReadOnlySet<(string Resource, string Name)> Of(Pod pod) => Of(pod.Spec).Concat(PodClaims.NamesOf(pod).Select(name => (ClaimedVolumes.Claims, name))).ToHashSet();

    /// <summary>Those its containers' variables come from, and those its volumes do.</summary>
    public static IReadOnlySet<(string Resource, string Name)> Of(PodSpec spec)
    {
        var found = OfVolumes(spec).ToHashSet();
        foreach (var container in spec.All())
        {
            foreach (var source in container.EnvFrom)
            {
                Add(ConfigSource.ConfigMaps, source.ConfigMapRef?.Name);
                Add(ConfigSource.Secrets, source.SecretRef?.Name);
            }

            foreach (var source in container.Env.Select(e => e.ValueFrom))
            {
                Add(ConfigSource.ConfigMaps, source?.ConfigMapKeyRef?.Name);
                Add(ConfigSource.Secrets, source?.SecretKeyRef?.Name);
            }
        }

        return found;

        void Add(string resource, string? name)
        {
            if (name is not null)
            {
                found.Add((resource, name));
            }
        }
    }

    /// <summary>Those its volumes are made from.</summary>
    public static IReadOnlySet<(string Resource, string Name)> OfVolumes(PodSpec spec)
    {
        var found = new HashSet<(string Resource, string Name)>();
        foreach (var volume in spec.Volumes)
        {
            Add(ConfigSource.ConfigMaps, volume.ConfigMap?.Name);
            Add(ConfigSource.Secrets, volume.Secret?.SecretName);
            foreach (var source in volume.Projected?.Sources ?? [])
            {
                Add(ConfigSource.ConfigMaps, source.ConfigMap?.Name);
                Add(ConfigSource.Secrets, source.Secret?.Name);
            }
        }

        return found;

        void Add(string resource, string? name)
        {
            if (name is not null)
            {
                found.Add((resource, name));
            }
        }
    }

    /// <summary>Whether a volume shows fields of the pod that may change while it runs.</summary>
    public static bool ShowsMetadata(PodSpec spec) => spec.Volumes.Any(v => v.DownwardAPI is not null || v.Projected?.Sources.Any(s => s.DownwardAPI is not null) == true);

    /// <summary>Whether what such a volume may show differs.</summary>
    public static bool MetadataDiffers(ObjectMeta one, ObjectMeta other) => !(Same(one.Labels, other.Labels) && Same(one.Annotations, other.Annotations));

    private static bool Same(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
        one.Count == other.Count && one.All(e => other.TryGetValue(e.Key, out var value) && value == e.Value);
}
