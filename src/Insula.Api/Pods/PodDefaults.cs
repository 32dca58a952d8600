using System.Text.Json;
using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Storage;

namespace Insula.Api.Pods;

/// <summary>Fills in what a pod does not say, as Kubernetes does (core/v1 defaults).</summary>
public static class PodDefaults
{
    private const int StandardMode = 0b110_100_100;

    /// <summary>The pod with its defaults.</summary>
    public static Pod Apply(Pod pod) => ApiJson.Read<Pod>(Apply(ApiJson.ToJson(pod)));

    /// <summary>Fills in the defaults of a decoded document, in place, and returns it.</summary>
    public static JsonObject Apply(JsonObject pod)
    {
        if (pod["spec"] is not JsonObject spec)
        {
            return pod;
        }

        Default(spec, "restartPolicy", RestartPolicies.Always);
        Default(spec, "terminationGracePeriodSeconds", 30);
        Default(spec, "dnsPolicy", DnsPolicies.ClusterFirst);
        Default(spec, "enableServiceLinks", true);
        Default(spec, "schedulerName", "default-scheduler");
        spec["securityContext"] ??= new JsonObject();
        foreach (var container in Objects(spec, "initContainers").Concat(Objects(spec, "containers")).Concat(Objects(spec, "ephemeralContainers")))
        {
            OfContainer(container);
            if (spec["hostNetwork"] is JsonValue value && value.TryGetValue(out bool shared) && shared)
            {
                OfHostPorts(container);
            }
        }

        foreach (var volume in Objects(spec, "volumes"))
        {
            OfVolume(volume);
        }

        if (spec["resources"] is JsonObject { Count: > 0 } whole)
        {
            OfPodResources(spec, whole);
        }

        return pod;
    }

    private static void OfContainer(JsonObject container)
    {
        var image = container["image"] is JsonValue value && value.TryGetValue(out string? text) ? text : "";
        Default(container, "imagePullPolicy", ImageReference.IsLatest(image) ? PullPolicies.Always : PullPolicies.IfNotPresent);
        Default(container, "terminationMessagePath", "/dev/termination-log");
        Default(container, "terminationMessagePolicy", "File");
        foreach (var variable in Objects(container, "env"))
        {
            OfFieldRef(variable["valueFrom"] as JsonObject);
        }

        foreach (var port in Objects(container, "ports"))
        {
            Default(port, "protocol", Protocols.TCP);
        }

        OfResources(container);
        foreach (var name in (ReadOnlySpan<string>)["postStart", "preStop"])
        {
            OfHttpGet((container["lifecycle"] as JsonObject)?[name] as JsonObject);
        }

        foreach (var name in (ReadOnlySpan<string>)["livenessProbe", "readinessProbe", "startupProbe"])
        {
            if (container[name] is JsonObject probe)
            {
                OfProbe(probe);
            }
        }
    }

    // On the machine's network a container's port is the machine's.
    private static void OfHostPorts(JsonObject container)
    {
        foreach (var port in Objects(container, "ports"))
        {
            if (port["hostPort"] is null && port["containerPort"] is { } number)
            {
                port["hostPort"] = number.DeepClone();
            }
        }
    }

    // What has a limit and no request is promised its limit.
    private static void OfResources(JsonObject container)
    {
        var resources = container["resources"] as JsonObject ?? [];
        container["resources"] ??= resources;
        if (resources["limits"] is not JsonObject limits || limits.Count == 0)
        {
            return;
        }

        var requests = resources["requests"] as JsonObject ?? [];
        resources["requests"] ??= requests;
        foreach (var (name, limit) in limits)
        {
            requests[name] ??= limit?.DeepClone();
        }
    }

    // A pod that says something as a whole is promised what its containers are, or else its limit (KEP-2837).
    private static void OfPodResources(JsonObject spec, JsonObject whole)
    {
        var containers = ApiJson.Read<PodSpec>(spec);
        if (!PodResources.AreOfPod(containers))
        {
            return;
        }

        var requests = whole["requests"] as JsonObject ?? [];
        foreach (var name in (ReadOnlySpan<string>)["cpu", "memory"])
        {
            if (requests[name] is null && containers.InitContainers.Concat(containers.Containers).Any(c => c.Resources.Requests.ContainsKey(name)))
            {
                requests[name] = PodResources.Quantity(name, PodResources.RequestedByContainers(containers, name)).ToString();
            }
            else
            {
                requests[name] ??= whole["limits"]?[name]?.DeepClone();
            }

            if (requests[name] is null)
            {
                requests.Remove(name);
            }
        }

        if (requests.Count > 0)
        {
            whole["requests"] ??= requests;
        }
    }

    private static void OfProbe(JsonObject probe)
    {
        foreach (var name in (ReadOnlySpan<string>)["initialDelay", "timeout", "period"])
        {
            if (probe[name + "Milliseconds"] is JsonValue given && given.TryGetValue(out int milliseconds))
            {
                DefaultNumber(probe, name + "Seconds", ProbeValidation.RoundedUp(milliseconds));
            }
        }

        // Kubernetes cannot tell 0 from absent in these four, so 0 means the default too.
        DefaultNumber(probe, "timeoutSeconds", 1);
        DefaultNumber(probe, "periodSeconds", 10);
        DefaultNumber(probe, "successThreshold", 1);
        DefaultNumber(probe, "failureThreshold", 3);
        OfHttpGet(probe);

        if (probe["grpc"] is JsonObject grpc)
        {
            grpc["service"] ??= "";
        }
    }

    private static void OfFieldRef(JsonObject? source)
    {
        if (source?["fieldRef"] is JsonObject field)
        {
            Default(field, "apiVersion", "v1");
        }
    }

    private static void OfHttpGet(JsonObject? handler)
    {
        if (handler?["httpGet"] is JsonObject get)
        {
            Default(get, "path", "/");
            Default(get, "scheme", "HTTP");
        }
    }

    private static void OfVolume(JsonObject volume)
    {
        foreach (var name in (ReadOnlySpan<string>)["configMap", "secret", "projected", "downwardAPI"])
        {
            if (volume[name] is JsonObject source)
            {
                source["defaultMode"] ??= StandardMode;
                foreach (var item in Objects(source, "items").Concat(Objects(source, "sources").SelectMany(s => s["downwardAPI"] is JsonObject downward ? Objects(downward, "items") : [])))
                {
                    OfFieldRef(item);
                }
            }
        }

        if (volume["ephemeral"]?["volumeClaimTemplate"]?["spec"] is JsonObject claim)
        {
            StorageDefaults.ClaimSpec(claim);
        }

        if (volume["image"] is JsonObject image)
        {
            Default(image, "pullPolicy", ImageReference.IsLatest(image["reference"]?.ToString() ?? "") ? PullPolicies.Always : PullPolicies.IfNotPresent);
        }

        if (volume["hostPath"] is JsonObject path)
        {
            path["type"] ??= "";
        }
        else if (volume.Count == 1 && volume.ContainsKey("name"))
        {
            volume["emptyDir"] = new JsonObject();
        }
    }

    private static IEnumerable<JsonObject> Objects(JsonObject parent, string name) =>
        parent[name] is JsonArray list ? list.OfType<JsonObject>() : [];

    private static void Default(JsonObject parent, string name, JsonNode value)
    {
        var old = parent[name];
        if (old is null || (old.GetValueKind() == JsonValueKind.String && old.GetValue<string>().Length == 0))
        {
            parent[name] = value;
        }
    }

    private static void DefaultNumber(JsonObject parent, string name, int value)
    {
        if (parent[name] is not { } old || old.ToJsonString() == "0")
        {
            parent[name] = value;
        }
    }
}
