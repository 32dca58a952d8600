using System.Globalization;
using System.Text.Json.Nodes;

namespace Insula.Cli.Output;

/// <summary>A pod in words, in the order of kubectl describe.</summary>
internal static class PodDescription
{
    /// <summary>Writes it.</summary>
    /// <param name="at">Where to.</param>
    /// <param name="pod">The Pod object.</param>
    /// <param name="stats">Its PodStats; null when it is not running.</param>
    public static void Write(Outline at, JsonObject pod, JsonObject? stats)
    {
        var metadata = pod["metadata"];
        var spec = pod["spec"];
        var status = pod["status"];
        at.Field("Name", Text(metadata?["name"]));
        at.Field("Namespace", Text(metadata?["namespace"]));
        at.Field("Created", Text(metadata?["creationTimestamp"]));
        at.Fields("Labels", Pairs(metadata?["labels"]));
        at.Fields("Annotations", Pairs(metadata?["annotations"]).Where(a => !a.Contains("last-applied-configuration", StringComparison.Ordinal)));
        var phase = Text(status?["phase"]) ?? "Pending";
        at.Field("Status", metadata?["deletionTimestamp"] is { } deleted
            ? $"Terminating (since {deleted}, grace {metadata["deletionGracePeriodSeconds"]}s)"
            : phase);
        if (Text(status?["reason"]) is { } reason)
        {
            at.Field("Reason", reason);
        }

        if (Text(status?["message"]) is { } message)
        {
            at.Field("Message", message);
        }

        at.Fields("IP", (status?["podIPs"]?.AsArray() ?? []).Select(ip => Text(ip?["ip"]) ?? ""));
        at.Field("QoS Class", Text(status?["qosClass"]));
        Pairs(at, "Limits", spec?["resources"]?["limits"]);
        Pairs(at, "Requests", spec?["resources"]?["requests"]);
        at.Field("Restart Policy", Text(spec?["restartPolicy"]));
        if (stats?["pod"] is { } whole)
        {
            at.Field("Processes", new Use(whole).Pids);
        }

        if (spec?["initContainers"] is JsonArray { Count: > 0 } inits)
        {
            Containers(at.Section("Init Containers"), inits, status?["initContainerStatuses"]?.AsArray() ?? [], stats?["containers"]?.AsArray() ?? []);
        }

        Containers(at.Section("Containers"), spec?["containers"]?.AsArray() ?? [], status?["containerStatuses"]?.AsArray() ?? [], stats?["containers"]?.AsArray() ?? []);
        if (spec?["ephemeralContainers"] is JsonArray { Count: > 0 } added)
        {
            Containers(at.Section("Ephemeral Containers"), added, status?["ephemeralContainerStatuses"]?.AsArray() ?? [], stats?["containers"]?.AsArray() ?? []);
        }

        var conditions = status?["conditions"]?.AsArray() ?? [];
        if (conditions.Count > 0)
        {
            var section = at.Section("Conditions");
            foreach (var condition in conditions)
            {
                var why = Text(condition?["reason"]) is { } because ? $"  {because}: {Text(condition?["message"])}" : "";
                section.Field(Text(condition?["type"]) ?? "", $"{Text(condition?["status"])}{why}");
            }
        }

        var volumes = spec?["volumes"]?.AsArray() ?? [];
        if (volumes.Count > 0)
        {
            var section = at.Section("Volumes");
            foreach (var volume in volumes.OfType<JsonObject>())
            {
                var source = volume.FirstOrDefault(field => field.Key != "name");
                section.Field(Text(volume["name"]) ?? "", $"{source.Key} {source.Value?.ToJsonString()}");
            }
        }
    }

    private static void Containers(Outline at, JsonArray specs, JsonArray statuses, JsonArray uses)
    {
        foreach (var container in specs)
        {
            var name = Text(container?["name"]) ?? "";
            var status = statuses.FirstOrDefault(s => Text(s?["name"]) == name);
            var section = at.Section(name);
            section.Field("Container ID", Text(status?["containerID"]));
            section.Field("Image", Text(container?["image"]));
            section.Field("Image ID", Text(status?["imageID"]));
            List(section, "Command", container?["command"]);
            List(section, "Args", container?["args"]);
            section.Fields("Ports", (container?["ports"]?.AsArray() ?? [])
                .Select(port => $"{port?["containerPort"]}/{Text(port?["protocol"]) ?? "TCP"} {Text(port?["name"])}".TrimEnd()));
            State(section, "State", status?["state"]);
            if (status?["lastState"] is JsonObject { Count: > 0 } last)
            {
                State(section, "Last State", last);
            }

            section.Field("Ready", status?["ready"]?.ToJsonString() == "true" ? "True" : "False");
            section.Field("Restart Count", status?["restartCount"]?.ToJsonString() ?? "0");
            if (Text(container?["restartPolicy"]) is { } policy)
            {
                section.Field("Restart Policy", policy);
                section.Fields("Restart Rules", (container?["restartPolicyRules"]?.AsArray() ?? [])
                    .Select(rule => $"{Text(rule?["action"])} for exit codes {Text(rule?["exitCodes"]?["operator"])} {rule?["exitCodes"]?["values"]?.ToJsonString() ?? "[]"}"));
            }

            if (uses.FirstOrDefault(u => Text(u?["name"]) == name) is { } found)
            {
                var use = new Use(found);
                section.Field("CPU", use.CpuInWords());
                section.Field("Memory", use.MemoryInWords());
                section.Field("Processes", use.Pids);
            }

            Pairs(section, "Limits", container?["resources"]?["limits"]);
            Pairs(section, "Requests", container?["resources"]?["requests"]);
            Resized(section, container, status);
            foreach (var (field, title) in new[] { ("livenessProbe", "Liveness"), ("readinessProbe", "Readiness"), ("startupProbe", "Startup") })
            {
                if (container?[field] is JsonObject probe)
                {
                    section.Field(title, Probe(probe));
                }
            }

            section.Fields("Environment", (container?["envFrom"]?.AsArray() ?? []).Select(EnvFrom)
                .Concat((container?["env"]?.AsArray() ?? []).Select(e => $"{Text(e?["name"])}={Value(e)}")));
            section.Fields("Mounts", (container?["volumeMounts"]?.AsArray() ?? [])
                .Select(m => $"{Text(m?["mountPath"])} from {Text(m?["name"])} ({(m?["readOnly"]?.ToJsonString() == "true" ? "ro" : "rw")})"));
        }
    }

    // Only while they are others than what is wanted: a change that waits or is under way.
    private static void Resized(Outline at, JsonNode? container, JsonNode? status)
    {
        if (status?["resources"] is not { } actual)
        {
            return;
        }

        foreach (var (title, wanted, there) in new[]
        {
            ("Allocated", container?["resources"]?["requests"], status["allocatedResources"]),
            ("Limits in Force", container?["resources"]?["limits"], actual["limits"]),
            ("Requests in Force", container?["resources"]?["requests"], actual["requests"]),
        })
        {
            if (!Pairs(wanted).Order(StringComparer.Ordinal).SequenceEqual(Pairs(there).Order(StringComparer.Ordinal)))
            {
                at.Fields(title, Pairs(there));
            }
        }
    }

    private static string Value(JsonNode? variable) => variable?["valueFrom"] is not JsonObject from ? Text(variable?["value"]) ?? ""
        : from["configMapKeyRef"] is { } map ? $"<key {Text(map["key"])} of configmap {Text(map["name"])}>"
        : from["secretKeyRef"] is { } secret ? $"<key {Text(secret["key"])} of secret {Text(secret["name"])}>"
        : from["fileKeyRef"] is { } file ? $"<key {Text(file["key"])} of {Text(file["path"])} in volume {Text(file["volumeName"])}>"
        : from["fieldRef"] is { } field ? $"<{Text(field["fieldPath"])}>"
        : $"<{Text(from["resourceFieldRef"]?["resource"])}>";

    private static string EnvFrom(JsonNode? source) => source?["secretRef"] is { } secret
        ? $"{Text(source["prefix"])}<all keys of secret {Text(secret["name"])}>"
        : $"{Text(source?["prefix"])}<all keys of configmap {Text(source?["configMapRef"]?["name"])}>";

    private static void State(Outline at, string title, JsonNode? state)
    {
        if (state?["running"] is { } running)
        {
            at.Field(title, $"Running since {Text(running["startedAt"])}");
        }
        else if (state?["terminated"] is { } ended)
        {
            var signal = ended["signal"] is { } number ? $", signal {number}" : "";
            at.Field(title, $"Terminated: {Text(ended["reason"])}, exit code {ended["exitCode"]}{signal}, {Text(ended["startedAt"])} to {Text(ended["finishedAt"])}");
            Message(at, ended);
        }
        else
        {
            var waiting = state?["waiting"];
            at.Field(title, $"Waiting: {Text(waiting?["reason"]) ?? "ContainerCreating"}");
            Message(at, waiting);
        }
    }

    private static void Message(Outline at, JsonNode? state)
    {
        if (Text(state?["message"]) is { Length: > 0 } message)
        {
            at.Field("", message);
        }
    }

    private static string Probe(JsonObject probe)
    {
        var how = probe["httpGet"] is { } http ? $"http-get {Text(http["scheme"]) ?? "HTTP"}://{Text(http["host"])}:{http["port"]}{Text(http["path"])}"
            : probe["tcpSocket"] is { } tcp ? $"tcp-socket {Text(tcp["host"])}:{tcp["port"]}"
            : probe["grpc"] is { } grpc ? $"grpc :{grpc["port"]} {Text(grpc["service"])}".TrimEnd()
            : $"exec {probe["exec"]?["command"]?.ToJsonString()}";
        return string.Create(CultureInfo.InvariantCulture,
            $"{how} delay={probe["initialDelaySeconds"] ?? 0}s timeout={probe["timeoutSeconds"] ?? 1}s period={probe["periodSeconds"] ?? 10}s #success={probe["successThreshold"] ?? 1} #failure={probe["failureThreshold"] ?? 3}");
    }

    private static void List(Outline at, string title, JsonNode? words)
    {
        if (words is JsonArray { Count: > 0 } list)
        {
            at.Fields(title, list.Select(word => Text(word) ?? ""));
        }
    }

    private static void Pairs(Outline at, string title, JsonNode? map)
    {
        if (map is JsonObject { Count: > 0 })
        {
            at.Fields(title, Pairs(map));
        }
    }

    private static IEnumerable<string> Pairs(JsonNode? map) =>
        (map as JsonObject)?.Select(pair => $"{pair.Key}={Text(pair.Value)}") ?? [];

    private static string? Text(JsonNode? node) => node is JsonValue value
        ? value.TryGetValue<string>(out var text) ? text : value.ToJsonString()
        : null;
}
