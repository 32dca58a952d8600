using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Manifests;
using Insula.Api.Pods;
using Insula.Api.Schema;

namespace Insula.Api.Tests.Pods;

/// <summary>
/// Control characters in a manifest's texts are refused wherever a text becomes part of a path, of a file, of a request or of what
/// the kernel is told. What a program is given as it is may hold all but NUL, which ends a string for the kernel.
/// </summary>
public sealed class ControlCharacterTests
{
    // Every text that a pod may have, at least once, with a value that is valid.
    private const string Whole =
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: web
          generateName: web-
          namespace: default
          uid: u-1
          labels: {app: web}
          annotations: {note: text}
          finalizers: [example.com/keep]
          ownerReferences: [{apiVersion: v1, kind: Pod, name: owner, uid: u-1}]
        spec:
          restartPolicy: Always
          hostname: web
          subdomain: sub
          dnsPolicy: ClusterFirst
          dnsConfig: {nameservers: [192.0.2.1, "2001:db8::1"], searches: [example.com], options: [{name: ndots, value: "2"}]}
          hostAliases: [{ip: 192.0.2.2, hostnames: [alias]}, {ip: "2001:db8::2", hostnames: [alias]}]
          os: {name: linux}
          resources: {limits: {cpu: "9"}, requests: {cpu: "9"}}
          securityContext:
            supplementalGroupsPolicy: Merge
            fsGroupChangePolicy: Always
            sysctls: [{name: kernel.shm_rmid_forced, value: "0"}]
            seccompProfile: {type: Localhost, localhostProfile: a/b.json}
            appArmorProfile: {type: Localhost, localhostProfile: web}
            seLinuxOptions: {user: system_u, role: system_r, type: container_t, level: "s0:c1,c2"}
          volumes:
          - {name: e, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
          - {name: h, hostPath: {path: /srv, type: Directory}}
          - {name: m, configMap: {name: map, items: [{key: k, path: a/k}]}}
          - {name: s, secret: {secretName: secret, items: [{key: k, path: a/k}]}}
          - {name: d, downwardAPI: {items: [{path: a, fieldRef: {apiVersion: v1, fieldPath: "metadata.labels['a']"}}, {path: b, resourceFieldRef: {containerName: main, resource: limits.cpu, divisor: 1m}}]}}
          - {name: c, persistentVolumeClaim: {claimName: data}}
          - {name: i, image: {reference: "example.com/data:1", pullPolicy: Always}}
          - name: o
            ephemeral:
              volumeClaimTemplate:
                metadata: {labels: {a: b}, annotations: {a: text}}
                spec: {accessModes: [ReadWriteOnce], storageClassName: local, volumeName: one, volumeMode: Filesystem, selector: {matchLabels: {a: b}, matchExpressions: [{key: a, operator: In, values: [b]}]}, resources: {requests: {storage: 1Gi}, limits: {storage: 2Gi}}}
          - name: p
            projected:
              sources:
              - configMap: {name: map, items: [{key: k, path: b/k}]}
              - secret: {name: secret, items: [{key: k, path: c/k}]}
              - downwardAPI: {items: [{path: d, fieldRef: {apiVersion: v1, fieldPath: metadata.name}}, {path: e, resourceFieldRef: {containerName: main, resource: limits.cpu, divisor: 1m}}]}
          readinessGates: [{conditionType: example.com/fed}]
          imagePullSecrets: [{name: login}]
          priorityClassName: high
          preemptionPolicy: Never
          tolerations: [{key: a, operator: Equal, value: b, effect: NoSchedule}]
          initContainers:
          - {name: side, image: "busybox:1", restartPolicy: Always}
          containers:
          - name: main
            image: busybox:1
            terminationMessagePath: /words
            terminationMessagePolicy: FallbackToLogsOnError
            imagePullPolicy: Never
            command: [sh]
            args: [-c]
            workingDir: /work
            restartPolicy: Never
            restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [1]}}]
            resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}]
            env:
            - {name: A, value: b}
            - {name: B, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.name}}}
            - {name: C, valueFrom: {resourceFieldRef: {containerName: main, resource: limits.cpu, divisor: 1m}}}
            - {name: D, valueFrom: {configMapKeyRef: {name: map, key: k}}}
            - {name: E, valueFrom: {secretKeyRef: {name: secret, key: k}}}
            - {name: F, valueFrom: {fileKeyRef: {volumeName: e, path: a/b.env, key: k}}}
            envFrom: [{prefix: P_, configMapRef: {name: map}}, {secretRef: {name: secret}}]
            ports: [{containerPort: 80, name: http, protocol: TCP, hostPort: 80, hostIP: 192.0.2.1}]
            resources: {limits: {cpu: 1, memory: 64Mi}, requests: {cpu: 1, memory: 64Mi}}
            volumeMounts:
            - {name: h, mountPath: /h, subPath: a/b, mountPropagation: None, readOnly: true, recursiveReadOnly: Disabled}
            - {name: h, mountPath: /i, subPathExpr: a/$(A)}
            livenessProbe: {httpGet: {port: http, path: /healthz, host: 192.0.2.3, scheme: HTTP, httpHeaders: [{name: X-A, value: b}]}}
            lifecycle: {stopSignal: SIGQUIT, preStop: {exec: {command: [cat]}}, postStart: {httpGet: {port: http, path: /healthz, host: 192.0.2.3, scheme: HTTP, httpHeaders: [{name: X-A, value: b}]}}}
            readinessProbe: {exec: {command: [cat]}}
            startupProbe: {tcpSocket: {port: http, host: 192.0.2.3}}
            securityContext:
              procMount: Default
              capabilities: {add: [NET_ADMIN], drop: [CHOWN]}
              seccompProfile: {type: Localhost, localhostProfile: a/b.json}
              appArmorProfile: {type: Localhost, localhostProfile: web}
              seLinuxOptions: {user: system_u, role: system_r, type: container_t, level: "s0:c1,c2"}
          - name: asked
            image: busybox:1
            livenessProbe: {grpc: {port: 80, service: health}}
          ephemeralContainers:
          - {name: debug, image: "busybox:1", targetContainerName: main}
        """;

    // Given to the container's programs as they are, or for people and tools alone.
    private static readonly string[] _asTheyAre =
    [
        "metadata.annotations{}", "spec.volumes[].ephemeral.volumeClaimTemplate.metadata.annotations{}",
        "spec.containers[].command[]", "spec.containers[].args[]", "spec.containers[].env[].value",
        "spec.containers[].readinessProbe.exec.command[]", "spec.containers[].lifecycle.preStop.exec.command[]",
    ];

    // Separates the numbers of a setting, and words in a header.
    private static readonly string[] _withTabs = ["spec.securityContext.sysctls[].value", "spec.containers[].livenessProbe.httpGet.httpHeaders[].value", "spec.containers[].lifecycle.postStart.httpGet.httpHeaders[].value"];

    [Fact]
    public void Are_refused_in_every_text_of_the_field_table()
    {
        var whole = Document();
        Assert.Empty(Errors(whole));
        var texts = Texts(whole, "", Schemas.For("Pod"));
        var covered = texts.Select(t => Shared(t.Path)).ToHashSet();
        Assert.DoesNotContain(All("", Schemas.For("Pod")), path => !covered.Contains(Shared(path)));
        List<string> accepted = [];
        foreach (var text in texts)
        {
            foreach (var hostile in (string[])["\0", "\n", "\r", "\t", "\u001b", "\u007f", "\u0085", "\u009b"])
            {
                var document = Document();
                text.Change(document, value => value + hostile);
                accepted.AddRange(Errors(document).Count == 0 ? [$"{text.Path} {(int)hostile[0]:x2}"] : []);
                document = Document();
                text.Change(document, value => value.Insert(value.Length / 2, hostile));
                accepted.AddRange(Errors(document).Count == 0 ? [$"{text.Path} {(int)hostile[0]:x2}"] : []);
            }
        }

        string[] fine =
        [
            .. _asTheyAre.SelectMany(path => (string[])[$"{path} 09", $"{path} 0a", $"{path} 0d", $"{path} 1b", $"{path} 7f", $"{path} 85", $"{path} 9b"]),
            .. _withTabs.Select(path => $"{path} 09"), "metadata.annotations{} 00", "spec.volumes[].ephemeral.volumeClaimTemplate.metadata.annotations{} 00",
        ];
        Assert.Empty(accepted.Distinct().Except(fine));
        Assert.DoesNotContain(_asTheyAre, path => !accepted.Contains($"{path} 0a"));
    }

    // Init containers and containers, the three probes and the two hooks have the same types; the handlers are spread over them.
    private static string Shared(string path) =>
        path.Replace("initContainers", "containers", StringComparison.Ordinal).Replace("ephemeralContainers", "containers", StringComparison.Ordinal).Replace("postStart", "preStop", StringComparison.Ordinal)
            .Replace("readinessProbe", "livenessProbe", StringComparison.Ordinal).Replace("startupProbe", "livenessProbe", StringComparison.Ordinal);

    private static JsonObject Document() => Manifest.Parse(Whole).Documents[0].Object.DeepClone().AsObject();

    private static List<string> Errors(JsonObject document)
    {
        var decoded = ObjectDecoder.Decode(document);
        return decoded.Errors.Count > 0
            ? [.. decoded.Errors.Select(e => e.ToString())]
            : [.. PodValidation.Validate(ApiJson.Read<Pod>(PodDefaults.Apply(decoded.Object))).Select(e => e.ToString())];
    }

    private static bool IsText(FieldInfo field) => field.Type is FieldType.Text or FieldType.IntOrString;

    private static IEnumerable<FieldInfo> Fields(ObjectType type) => type.Fields.Where(f => f.Support == FieldSupport.Supported && !f.IsReadOnly);

    /// <summary>The paths of all texts of a type: <c>[]</c> for a list's items, <c>{}</c> for a map's values, <c>{key}</c> for its keys.</summary>
    private static IEnumerable<string> All(string prefix, ObjectType type) => Fields(type).SelectMany(f => f switch
    {
        { ObjectType: { } below } => All($"{prefix}{f.Name}{(f.Shape == FieldShape.List ? "[]" : "")}.", below),
        { Shape: FieldShape.Map } => IsText(f) ? [$"{prefix}{f.Name}{{key}}", $"{prefix}{f.Name}{{}}"] : [$"{prefix}{f.Name}{{key}}"],
        _ when IsText(f) => [$"{prefix}{f.Name}{(f.Shape == FieldShape.List ? "[]" : "")}"],
        _ => [],
    });

    /// <summary>The texts that a document has, with their paths and a way to change each.</summary>
    private static List<Text> Texts(JsonObject document, string prefix, ObjectType type)
    {
        List<Text> texts = [];
        foreach (var field in Fields(type).Where(f => document.ContainsKey(f.Name)))
        {
            var (name, path) = (field.Name, prefix + field.Name);
            switch (document[name])
            {
                case JsonArray items:
                    for (var i = 0; i < items.Count; i++)
                    {
                        var index = i;
                        texts.AddRange(field.ObjectType is { } below
                            ? Texts(items[i]!.AsObject(), path + "[].", below).Select(t => new Text(t.Path, (top, change) => t.Change(top[name]![index]!.AsObject(), change)))
                            : IsText(field) ? [new Text(path + "[]", (top, change) => top[name]![index] = change((string)top[name]![index]!))] : []);
                    }

                    break;
                case JsonObject one when field.ObjectType is { } below:
                    texts.AddRange(Texts(one, path + ".", below).Select(t => new Text(t.Path, (top, change) => t.Change(top[name]!.AsObject(), change))));
                    break;
                case JsonObject map:
                    foreach (var (key, _) in map)
                    {
                        texts.Add(new Text(path + "{key}", (top, change) => top[name]![change(key)] = top[name]![key]!.DeepClone()));
                        texts.AddRange(IsText(field) ? [new Text(path + "{}", (top, change) => top[name]![key] = change((string)top[name]![key]!))] : []);
                    }

                    break;
                case JsonValue value when IsText(field) && value.GetValueKind() == System.Text.Json.JsonValueKind.String:
                    texts.Add(new Text(path, (top, change) => top[name] = change((string)top[name]!)));
                    break;
                default:
                    break;
            }
        }

        return texts;
    }

    private sealed record Text(string Path, Action<JsonObject, Func<string, string>> Change);
}
