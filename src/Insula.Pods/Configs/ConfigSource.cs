using System.Text;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Store;

namespace Insula.Pods.Configs;

/// <summary>Finds the ConfigMaps and Secrets that pods name, and the Services beside them. From memory: it is asked at every start of a container.</summary>
internal sealed class ConfigSource(IObjectStore store)
{
    /// <summary>The resource of ConfigMaps.</summary>
    public const string ConfigMaps = "configmaps";

    /// <summary>The resource of Secrets.</summary>
    public const string Secrets = "secrets";

    private static readonly HashSet<string> None = [];

    /// <summary>What an object holds; null when there is none.</summary>
    /// <param name="resource"><see cref="ConfigMaps"/> or <see cref="Secrets"/>.</param>
    /// <param name="ns">The pod's namespace.</param>
    /// <param name="name">The object.</param>
    public ConfigContent? Find(string resource, string ns, string name)
    {
        if (store.Get(new ObjectKey(resource, ns, name)) is not { } stored)
        {
            return null;
        }

        if (resource == Secrets)
        {
            var secret = ApiJson.Read<Secret>(stored.Json.Span);
            return new ConfigContent(secret.Data.ToDictionary(e => e.Key, e => Convert.FromBase64String(e.Value)), None);
        }

        var map = ApiJson.Read<ConfigMap>(stored.Json.Span);
        var values = map.Data.ToDictionary(e => e.Key, e => Encoding.UTF8.GetBytes(e.Value));
        foreach (var (key, base64) in map.BinaryData)
        {
            values[key] = Convert.FromBase64String(base64);
        }

        return new ConfigContent(values, map.BinaryData.Keys.ToHashSet());
    }

    /// <summary>Whether a namespace has Services.</summary>
    public bool HasServices(string ns) => store.List("services", ns).Items.Count > 0;

    /// <summary>The Services of a namespace.</summary>
    public IEnumerable<Service> Services(string ns) => store.List("services", ns).Items.Select(o => ApiJson.Read<Service>(o.Json.Span));

    /// <summary>An object in the words of the kubelet's messages.</summary>
    public static string Word(string resource) => resource == Secrets ? "secret" : "configmap";
}
