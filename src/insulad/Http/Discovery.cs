using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Insulad.Http.Strategies;
using Insulad.Metrics;

namespace Insulad.Http;

/// <summary>What the server offers, in Kubernetes' discovery documents.</summary>
internal static class Discovery
{
    /// <summary>The version of Kubernetes whose API the objects follow; clients compare it with their own.</summary>
    private const string KubernetesMinor = "34";

    private static readonly string[] MutableVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
    private static readonly string[] FixedVerbs = ["get", "list", "patch", "update", "watch"];

    /// <summary>The daemon's version.</summary>
    public static string Version { get; } =
        typeof(Discovery).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>The document at a path; null when it is none of discovery's.</summary>
    public static JsonObject? Find(string path)
    {
        var parts = path.Trim('/').Split('/');
        return parts switch
        {
            ["version"] => VersionInfo(),
            ["api"] => new JsonObject
            {
                ["kind"] = "APIVersions",
                ["versions"] = new JsonArray("v1"),
                ["serverAddressByClientCIDRs"] = new JsonArray(),
            },
            ["apis"] => new JsonObject
            {
                ["kind"] = "APIGroupList",
                ["apiVersion"] = "v1",
                ["groups"] = new JsonArray([.. Groups().Select(g => (JsonNode)Group(g.Name, g.Version))]),
            },
            ["api", "v1"] => Resources("", "v1"),
            ["apis", var group] => Groups().FirstOrDefault(g => g.Name == group) is { Name: not null } found ? WithKind(Group(found.Name, found.Version)) : null,
            ["apis", var group, var version] when Groups().Contains((group, version)) => Resources(group, version),
            _ => null,
        };
    }

    private static JsonObject VersionInfo() => new()
    {
        ["major"] = "1",
        ["minor"] = KubernetesMinor,
        ["gitVersion"] = $"v1.{KubernetesMinor}.0+insula-{Version}",
        ["gitCommit"] = "",
        ["gitTreeState"] = "",
        ["buildDate"] = "",
        ["goVersion"] = "",
        ["compiler"] = $".NET {Environment.Version}",
        ["platform"] = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "linux/arm64" : "linux/amd64",
    };

    private static IEnumerable<(string Name, string Version)> Groups() => StrategyTable.All
        .Where(s => s.Kind.Group.Length > 0)
        .Select(s => (s.Kind.Group, s.Kind.Version))
        .Append((ExtraGroup.Name, ExtraGroup.Version))
        .Append((MetricsApiHandler.Group, MetricsApiHandler.Version))
        .Distinct();

    private static JsonObject Group(string name, string version)
    {
        var preferred = new JsonObject { ["groupVersion"] = $"{name}/{version}", ["version"] = version };
        return new JsonObject { ["name"] = name, ["versions"] = new JsonArray(preferred.DeepClone()), ["preferredVersion"] = preferred };
    }

    private static JsonObject WithKind(JsonObject group)
    {
        group["kind"] = "APIGroup";
        group["apiVersion"] = "v1";
        return group;
    }

    private static JsonObject Resources(string group, string version)
    {
        var resources = new JsonArray();
        foreach (var strategy in StrategyTable.All.Where(s => s.Kind.Group == group && s.Kind.Version == version))
        {
            var kind = strategy.Kind;
            resources.Add((JsonNode)new JsonObject
            {
                ["name"] = kind.Plural,
                ["singularName"] = kind.Singular,
                ["namespaced"] = kind.Namespaced,
                ["kind"] = kind.Kind,
                ["verbs"] = Array(strategy.WhyNotCreated is null ? MutableVerbs : FixedVerbs),
                ["shortNames"] = Array(kind.ShortNames),
                ["categories"] = Array(kind.Plural == "pods" ? ["all"] : []),
            });
            foreach (var (name, subKind, verbs) in strategy.Subresources)
            {
                resources.Add((JsonNode)new JsonObject
                {
                    ["name"] = $"{kind.Plural}/{name}",
                    ["singularName"] = "",
                    ["namespaced"] = kind.Namespaced,
                    ["kind"] = subKind,
                    ["verbs"] = Array(verbs),
                });
            }
        }

        if (group == ExtraGroup.Name)
        {
            resources.Add((JsonNode)new JsonObject
            {
                ["name"] = "images",
                ["singularName"] = "image",
                ["namespaced"] = false,
                ["kind"] = "Image",
                ["verbs"] = Array(["list", "delete"]),
            });
            resources.Add((JsonNode)new JsonObject
            {
                ["name"] = Extra.StatsHandler.Resource,
                ["singularName"] = "",
                ["namespaced"] = true,
                ["kind"] = "PodStats",
                ["verbs"] = Array(["get", "list"]),
            });
            resources.Add((JsonNode)new JsonObject
            {
                ["name"] = Extra.TimingsHandler.Resource,
                ["singularName"] = "",
                ["namespaced"] = true,
                ["kind"] = "PodTimings",
                ["verbs"] = Array(["get"]),
            });
        }

        if (group == MetricsApiHandler.Group)
        {
            foreach (var (name, kind, namespaced) in (ReadOnlySpan<(string, string, bool)>)[("nodes", "NodeMetrics", false), ("pods", "PodMetrics", true)])
            {
                resources.Add((JsonNode)new JsonObject { ["name"] = name, ["singularName"] = "", ["namespaced"] = namespaced, ["kind"] = kind, ["verbs"] = Array(["get", "list"]) });
            }
        }

        return new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = group.Length == 0 ? version : $"{group}/{version}",
            ["resources"] = resources,
        };
    }

    private static JsonArray Array(IEnumerable<string> words) => new([.. words.Select(w => (JsonNode?)JsonValue.Create(w))]);
}
