using System.Text;
using Insula.Api.Core;
using Insula.Pods.Configs;
using Insula.Pods.Lifecycle;

namespace Insula.Pods.Launch;

/// <summary>Values of variables that are not written in the manifest. No message shows one.</summary>
/// <param name="configs">Where ConfigMaps and Secrets are.</param>
/// <param name="resource">What a container's resources say.</param>
/// <param name="files">The env files of the container.</param>
internal sealed class VariableSources(ConfigSource configs, Func<Pod, Container, ResourceFieldSelector, string> resource, EnvFiles files)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The value of one variable; null when what it names is optional and not there.</summary>
    public string? One(Pod pod, Container container, string variable, EnvVarSource source) => source switch
    {
        { ResourceFieldRef: { } selector } => resource(pod, container, selector),
        { ConfigMapKeyRef: { } key } => Key(pod, ConfigSource.ConfigMaps, key),
        { SecretKeyRef: { } key } => Key(pod, ConfigSource.Secrets, key),
        { FileKeyRef: { } key } => files.Value(key),
        _ => throw Refused($"container {container.Name}: env {variable}: this valueFrom has no source on this machine"),
    };

    /// <summary>The variables of a source of many.</summary>
    public IEnumerable<(string Name, string Value)> All(Pod pod, EnvFromSource source)
    {
        var (resource, named) = source.ConfigMapRef is { } map ? (ConfigSource.ConfigMaps, map) : (ConfigSource.Secrets, source.SecretRef!);
        if (configs.Find(resource, pod.Metadata.Namespace ?? "default", named.Name) is not { } content)
        {
            return named.Optional == true ? [] : throw Refused(NotFound(resource, named.Name));
        }

        return content.Values.Where(e => !content.Binary.Contains(e.Key)).OrderBy(e => e.Key, StringComparer.Ordinal)
            .Select(e => (source.Prefix + e.Key, Text(resource, named.Name, e.Key, e.Value)));
    }

    /// <summary>The variables of the Services of the pod's namespace; none when it does not want them.</summary>
    public IReadOnlyList<(string Name, string Value)> Services(Pod pod) =>
        pod.Spec.EnableServiceLinks == false ? [] : ServiceVariables.Of(configs.Services(pod.Metadata.Namespace ?? "default"));

    private string? Key(Pod pod, string resource, KeySelector selector)
    {
        var ns = pod.Metadata.Namespace ?? "default";
        if (configs.Find(resource, ns, selector.Name) is not { } content)
        {
            return selector.Optional == true ? null : throw Refused(NotFound(resource, selector.Name));
        }

        if (!content.Values.TryGetValue(selector.Key, out var value) || content.Binary.Contains(selector.Key))
        {
            return selector.Optional == true ? null
                : throw Refused($"couldn't find key {selector.Key} in {(resource == ConfigSource.Secrets ? "Secret" : "ConfigMap")} {ns}/{selector.Name}");
        }

        return Text(resource, selector.Name, selector.Key, value);
    }

    private static string Text(string resource, string name, string key, byte[] value)
    {
        try
        {
            return Strict.GetString(value);
        }
        catch (DecoderFallbackException)
        {
            throw Refused($"key {key} of {ConfigSource.Word(resource)} \"{name}\" is no UTF-8 text and cannot be a variable; mount it as a file");
        }
    }

    private static string NotFound(string resource, string name) => $"{ConfigSource.Word(resource)} \"{name}\" not found";

    private static LaunchRefusedException Refused(string message) => new(Reasons.CreateContainerConfigError, message);
}
