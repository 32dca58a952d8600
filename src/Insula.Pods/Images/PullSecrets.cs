using System.Security.Cryptography;
using System.Text;
using Insula.Api.Core;
using Insula.Images;
using Insula.Images.Registry;
using Insula.Pods.Configs;

namespace Insula.Pods.Images;

/// <summary>The registries' credentials that a pod brings: what its <c>imagePullSecrets</c> hold.</summary>
internal sealed class PullSecrets
{
    private const string Current = ".dockerconfigjson";
    private const string Older = ".dockercfg";
    private readonly List<(string Name, DockerConfig Config)> _configs = [];

    private PullSecrets()
    {
    }

    /// <summary>None.</summary>
    public static PullSecrets None { get; } = new();

    /// <summary>Equal for pods that bring the same; tells nothing of it.</summary>
    public string Fingerprint { get; private set; } = "";

    /// <summary>Secrets that are missing, or hold no credentials.</summary>
    public IReadOnlyList<string> Unusable { get; private set; } = [];

    /// <summary>What a pod brings now.</summary>
    public static PullSecrets Of(Pod pod, ConfigSource source)
    {
        if (pod.Spec.ImagePullSecrets.Count == 0)
        {
            return None;
        }

        var secrets = new PullSecrets();
        List<string> unusable = [];
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in pod.Spec.ImagePullSecrets.Select(s => s.Name).OfType<string>().Distinct())
        {
            var content = source.Find(ConfigSource.Secrets, pod.Metadata.Namespace!, name);
            var key = content?.Values.ContainsKey(Current) == true ? Current : Older;
            try
            {
                if (content?.Values.TryGetValue(key, out var json) == true)
                {
                    secrets._configs.Add((name, DockerConfig.Parse(json, bare: key == Older)));
                    all.AppendData(Encoding.UTF8.GetBytes($"{key} {json.Length} "));
                    all.AppendData(json);
                    continue;
                }
            }
            catch (FormatException)
            {
                // Told as one that cannot be used.
            }

            unusable.Add(name);
        }

        (secrets.Unusable, secrets.Fingerprint) = (unusable, Convert.ToHexStringLower(all.GetHashAndReset()));
        return secrets;
    }

    /// <summary>The credentials for a repository.</summary>
    /// <exception cref="ImageException">An entry for it is broken.</exception>
    public IEnumerable<RegistryCredential> Find(string registry, string repository) => _configs.SelectMany(c =>
    {
        try
        {
            return c.Config.Find(registry, repository);
        }
        catch (FormatException e)
        {
            throw new ImageException(ImageError.Registry, $"secret \"{c.Name}\": {e.Message}", e);
        }
    });
}
