using System.Text;
using Insula.Api.Core;
using Insula.Pods.Launch;
using Insula.Volumes;
using Insula.Volumes.Files;

namespace Insula.Pods.Configs;

/// <summary>The files of volumes that are made from objects and from the pod's own fields.</summary>
/// <param name="source">Where ConfigMaps and Secrets are.</param>
/// <param name="fields">What fields of the pod say.</param>
/// <param name="resource">What a container's resources say.</param>
internal sealed class VolumeContent(ConfigSource source, PodFieldValues fields, Func<Pod, ResourceFieldSelector, string> resource)
{
    private const int StandardMode = 0b110_100_100;

    /// <summary>The files of a volume.</summary>
    /// <exception cref="VolumeException">An object or a key that is not optional is missing; in the kubelet's words.</exception>
    public IReadOnlyList<VolumeFile> Of(Pod pod, Volume volume)
    {
        var files = new Dictionary<string, VolumeFile>();
        try
        {
            if (volume.ConfigMap is { } map)
            {
                FromObject(ConfigSource.ConfigMaps, map.Name, map.Items, map.DefaultMode, map.Optional);
            }
            else if (volume.Secret is { } secret)
            {
                FromObject(ConfigSource.Secrets, secret.SecretName, secret.Items, secret.DefaultMode, secret.Optional);
            }
            else if (volume.DownwardAPI is { } downward)
            {
                FromPod(downward.Items, downward.DefaultMode);
            }
            else if (volume.Projected is { } projected)
            {
                foreach (var one in projected.Sources)
                {
                    if (one.ConfigMap is { } part)
                    {
                        FromObject(ConfigSource.ConfigMaps, part.Name, part.Items, projected.DefaultMode, part.Optional);
                    }
                    else if (one.Secret is { } confidential)
                    {
                        FromObject(ConfigSource.Secrets, confidential.Name, confidential.Items, projected.DefaultMode, confidential.Optional);
                    }
                    else if (one.DownwardAPI is { } own)
                    {
                        FromPod(own.Items, projected.DefaultMode);
                    }
                }
            }
        }
        catch (Exception e) when (e is VolumeException or LaunchRefusedException)
        {
            throw new VolumeException($"MountVolume.SetUp failed for volume \"{volume.Name}\" : {e.Message}", e);
        }

        return [.. files.Values];

        void FromObject(string kind, string name, IReadOnlyList<KeyToPath> items, int? mode, bool? optional)
        {
            if (source.Find(kind, pod.Metadata.Namespace ?? "default", name) is not { } content)
            {
                if (optional == true)
                {
                    return;
                }

                throw new VolumeException($"{ConfigSource.Word(kind)} \"{name}\" not found");
            }

            if (items.Count == 0)
            {
                foreach (var (key, value) in content.Values)
                {
                    Add(key, value, mode);
                }

                return;
            }

            foreach (var item in items)
            {
                if (content.Values.TryGetValue(item.Key, out var value))
                {
                    Add(item.Path, value, item.Mode ?? mode);
                }
                else if (optional != true)
                {
                    throw new VolumeException($"references non-existent {(kind == ConfigSource.Secrets ? "secret" : "config")} key: {item.Key}");
                }
            }
        }

        void FromPod(IReadOnlyList<DownwardApiVolumeFile> items, int? mode)
        {
            foreach (var item in items)
            {
                var text = item.FieldRef is { } field ? fields.Value(pod, field.FieldPath) : resource(pod, item.ResourceFieldRef!);
                Add(item.Path, Encoding.UTF8.GetBytes(text), item.Mode ?? mode);
            }
        }

        void Add(string path, byte[] value, int? mode) => files[path] = new VolumeFile(path, value, (uint)(mode ?? StandardMode));
    }
}
