using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Insula.Ingresses.Configuration;
using static Insula.Ingresses.Plane.PlaneNames;

namespace Insula.Ingresses.Plane;

/// <summary>The objects that the proxy consists of: ordinary ones, which anybody can look at.</summary>
public static class PlaneObjects
{
    private const int User = 65532;

    /// <summary>The Secrets: those of certificates first, the configuration that names them last. One that is to be empty is not in it.</summary>
    public static IReadOnlyList<JsonObject> Secrets(ProxyFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var certificates = files.Files.Where(f => f.Key.EndsWith(".pem", StringComparison.Ordinal)).ToLookup(f => Shard(f.Key));
        return
        [
            .. certificates.OrderBy(c => c.Key).Select(c => Secret(CertificateSecret(c.Key), c)),
            Secret(Name, files.Files.Where(f => !f.Key.EndsWith(".pem", StringComparison.Ordinal))),
        ];
    }

    /// <summary>The Service.</summary>
    /// <param name="type">Its type: ClusterIP, NodePort or LoadBalancer.</param>
    public static JsonObject Service(string type)
    {
        var service = Parse($$"""
            {
              "apiVersion": "v1", "kind": "Service", "metadata": {{Metadata(Name)}},
              "spec": {
                "type": "{{type}}", "ipFamilyPolicy": "PreferDualStack", "selector": { "{{NameLabel}}": "{{Name}}" },
                "ports": [
                  { "name": "http", "port": 80, "targetPort": "http", "protocol": "TCP" },
                  { "name": "https", "port": 443, "targetPort": "https", "protocol": "TCP" }
                ]
              }
            }
            """);
        if (type == Api.Core.ServiceTypeNames.LoadBalancer)
        {
            service["spec"]!["externalTrafficPolicy"] = Api.Core.TrafficPolicies.Local;
        }

        return service;
    }

    /// <summary>
    /// The Deployment. A worker is ready once the daemon has led it to the pods; one that takes over from another, for a moment after it has begun to serve: the pod stays ready over that, and
    /// one that is no good is found by its liveness.
    /// </summary>
    public static JsonObject Deployment(ProxyProgram program)
    {
        ArgumentNullException.ThrowIfNull(program);
        var deployment = Parse($$"""
            {
              "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {{Metadata(Name)}},
              "spec": {
                "replicas": 1,
                "selector": { "matchLabels": { "{{NameLabel}}": "{{Name}}" } },
                "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 1, "maxUnavailable": 0 } },
                "template": {
                  "metadata": {
                    "labels": { "{{NameLabel}}": "{{Name}}", "{{ManagedByLabel}}": "{{ManagedBy}}" },
                    "annotations": { "insula.dev/program": "{{program.Digest}}" }
                  },
                  "spec": {
                    "os": { "name": "linux" },
                    "priorityClassName": "system-cluster-critical",
                    "enableServiceLinks": false,
                    "terminationGracePeriodSeconds": 60,
                    "securityContext": {
                      "runAsNonRoot": true, "runAsUser": {{User}}, "runAsGroup": {{User}}, "fsGroup": {{User}},
                      "seccompProfile": { "type": "RuntimeDefault" }
                    },
                    "containers": [{
                      "name": "haproxy", "image": "{{Image}}", "imagePullPolicy": "Never",
                      "command": ["{{ProxyProgram.Program}}", "-W", "-db", "-S", "abns@{{Socket}}", "-f", "/config/{{ProxyFiles.Main}}"],
                      "env": [{ "name": "LD_LIBRARY_PATH", "value": "{{program.Libraries}}" }],
                      "ports": [
                        { "name": "http", "containerPort": {{ConfigurationWriter.HttpPort}} },
                        { "name": "https", "containerPort": {{ConfigurationWriter.HttpsPort}} },
                        { "name": "health", "containerPort": {{ConfigurationWriter.HealthPort}} }
                      ],
                      "resources": { "requests": { "cpu": "50m", "memory": "64Mi" }, "limits": { "cpu": "2", "memory": "512Mi" } },
                      "securityContext": { "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": { "drop": ["ALL"] } },
                      "lifecycle": { "stopSignal": "SIGUSR1", "preStop": { "sleep": { "seconds": 2 } } },
                      "livenessProbe": { "httpGet": { "path": "{{ConfigurationWriter.LivePath}}", "port": "health" }, "periodSeconds": 10, "timeoutSeconds": 5 },
                      "readinessProbe": { "httpGet": { "path": "{{ConfigurationWriter.ReadyPath}}", "port": "health" }, "periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": 30 },
                      "volumeMounts": [{ "name": "config", "mountPath": "/config", "readOnly": true }]
                    }],
                    "volumes": [{ "name": "config", "projected": { "defaultMode": 288, "sources": [{ "secret": { "name": "{{Name}}" } }] } }]
                  }
                }
              }
            }
            """);
        var pod = deployment["spec"]!["template"]!["spec"]!;
        var sources = pod["volumes"]![0]!["projected"]!["sources"]!.AsArray();
        for (var i = 0; i < CertificateSecrets; i++)
        {
            sources.Add((JsonNode)new JsonObject { ["secret"] = new JsonObject { ["name"] = CertificateSecret(i), ["optional"] = true } });
        }

        for (var i = 0; i < program.Files.Count; i++)
        {
            var volume = string.Create(CultureInfo.InvariantCulture, $"file-{i}");
            pod["volumes"]!.AsArray().Add((JsonNode)new JsonObject { ["name"] = volume, ["hostPath"] = new JsonObject { ["path"] = program.Files[i].Source, ["type"] = "File" } });
            pod["containers"]![0]!["volumeMounts"]!.AsArray().Add((JsonNode)new JsonObject { ["name"] = volume, ["mountPath"] = program.Files[i].Target, ["readOnly"] = true });
        }

        return deployment;
    }

    private static JsonObject Secret(string name, IEnumerable<KeyValuePair<string, string>> files)
    {
        var secret = Parse($$"""{ "apiVersion": "v1", "kind": "Secret", "metadata": {{Metadata(name)}}, "type": "Opaque" }""");
        var data = new JsonObject();
        foreach (var (file, text) in files)
        {
            data[file] = Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        }

        secret["data"] = data;
        return secret;
    }

    // By the name, which is a hash: one that comes or goes moves no other.
    private static int Shard(string file) => file.Sum(c => c) % CertificateSecrets;

    private static string Metadata(string name) =>
        $$"""{ "name": "{{name}}", "namespace": "{{Namespace}}", "labels": { "{{NameLabel}}": "{{PlaneNames.Name}}", "{{ManagedByLabel}}": "{{ManagedBy}}" } }""";

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();
}
