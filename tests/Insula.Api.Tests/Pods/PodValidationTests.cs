using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Manifests;
using Insula.Api.Pods;

namespace Insula.Api.Tests.Pods;

public sealed class PodValidationTests
{
    [Fact]
    public void Defaults_are_those_of_Kubernetes()
    {
        var pod = PodDefaults.Apply(Pod("{containers: [{name: a, image: 'r:5000/b', ports: [{containerPort: 1}], livenessProbe: {httpGet: {port: 1}, periodSeconds: 0}, resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m}}}, {name: b, image: 'b:1'}], volumes: [{name: v}]}"));
        var (first, probe) = (pod.Spec.Containers[0], pod.Spec.Containers[0].LivenessProbe!);
        Assert.Equal(("Always", "ClusterFirst", 30L, true), (pod.Spec.RestartPolicy, pod.Spec.DnsPolicy, pod.Spec.TerminationGracePeriodSeconds, pod.Spec.EnableServiceLinks));
        Assert.Equal(("Always", "IfNotPresent"), (first.ImagePullPolicy, pod.Spec.Containers[1].ImagePullPolicy));
        Assert.Equal((1, 10, 1, 3, "/", "HTTP"), (probe.TimeoutSeconds, probe.PeriodSeconds, probe.SuccessThreshold, probe.FailureThreshold, probe.HttpGet!.Path, probe.HttpGet.Scheme));
        Assert.Equal("TCP", first.Ports[0].Protocol);
        Assert.Equal(("500m", "1Gi"), (first.Resources.Requests["cpu"].ToString(), first.Resources.Requests["memory"].ToString()));
        Assert.NotNull(pod.Spec.Volumes[0].EmptyDir);
        Assert.Equal(ApiJson.ToText(pod), ApiJson.ToText(PodDefaults.Apply(pod)));
    }

    [Fact]
    public void Whole_seconds_stand_for_milliseconds_rounded_up()
    {
        var probe = PodDefaults.Apply(Pod("{containers: [{name: a, image: b, livenessProbe: {tcpSocket: {port: 1}, periodMilliseconds: 1500, timeoutMilliseconds: 20, initialDelayMilliseconds: 1}}]}"))
            .Spec.Containers[0].LivenessProbe!;
        Assert.Equal((2, 1, 1), (probe.PeriodSeconds, probe.TimeoutSeconds, probe.InitialDelaySeconds));
        Assert.Equal((1500, 20, 1), (probe.PeriodMilliseconds, probe.TimeoutMilliseconds, probe.InitialDelayMilliseconds));
    }

    [Fact]
    public void Restart_rules_and_their_exit_codes_are_limited()
    {
        var rule = (int codes) => $"{{action: Restart, exitCodes: {{operator: In, values: [{string.Join(", ", Enumerable.Range(0, codes))}]}}}}";
        var spec = (string rules) => $"{{containers: [{{name: a, image: b, restartPolicy: Never, restartPolicyRules: [{rules}]}}]}}";
        Assert.Empty(PodValidation.Validate(Pod(spec(string.Join(", ", Enumerable.Repeat(rule(255), 20))))));
        Assert.Contains("spec.containers[0].restartPolicyRules: Too many: 21: must have at most 20 items", Errors(spec(string.Join(", ", Enumerable.Repeat(rule(1), 21)))));
        Assert.Contains("spec.containers[0].restartPolicyRules[0].exitCodes.values: Too many: 256: must have at most 255 items", Errors(spec(rule(256))));
        string Errors(string text) => string.Join('\n', PodValidation.Validate(Pod(text)));
    }

    [Theory]
    [InlineData("busybox", true)]
    [InlineData("busybox:latest", true)]
    [InlineData("host:5000/busybox", true)]
    [InlineData("busybox:1.36", false)]
    [InlineData("busybox@sha256:00", false)]
    public void Latest_is_looked_up_each_time(string image, bool latest) => Assert.Equal(latest, ImageReference.IsLatest(image));

    [Theory]
    [InlineData("{containers: []}", "spec.containers: Required value")]
    [InlineData("{containers: [{name: A_b, image: b}]}", "spec.containers[0].name: Invalid value: \"A_b\": a lowercase RFC 1123 label must consist of")]
    [InlineData("{containers: [{name: a, image: b}, {name: a, image: b}]}", "spec.containers[1].name: Duplicate value: \"a\"")]
    [InlineData("{containers: [{name: a, image: ''}]}", "spec.containers[0].image: Required value")]
    [InlineData("{containers: [{name: a, image: b, restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [1]}}]}]}", "spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used")]
    [InlineData("{containers: [{name: a, image: ' b'}]}", "spec.containers[0].image: Invalid value: \" b\": must not have leading or trailing whitespace")]
    [InlineData("{containers: [{name: a, image: b, ports: [{containerPort: 65536}]}]}", "spec.containers[0].ports[0].containerPort: Invalid value: 65536: must be between 1 and 65535, inclusive")]
    [InlineData("{containers: [{name: a, image: b, ports: [{containerPort: 1, hostPort: 65536}]}]}", "spec.containers[0].ports[0].hostPort: Invalid value: 65536: must be between 1 and 65535, inclusive")]
    [InlineData("{containers: [{name: a, image: b, ports: [{containerPort: 1, hostPort: 1, hostIP: 127.0.0.1}]}]}", "spec.containers[0].ports[0].hostIP: Invalid value: \"127.0.0.1\": may not be a loopback address")]
    [InlineData("{containers: [{name: a, image: b, ports: [{containerPort: 1, hostPort: 1, hostIP: nowhere}]}]}", "spec.containers[0].ports[0].hostIP: Invalid value: \"nowhere\": must be a valid IPv4 address")]
    [InlineData("{hostNetwork: true, containers: [{name: a, image: b, ports: [{containerPort: 1, hostPort: 2}]}]}", "spec.containers[0].ports[0].hostPort: Invalid value: 2: must match `containerPort` when `hostNetwork` is true")]
    [InlineData("{containers: [{name: a, image: b, ports: [{containerPort: 1, name: x--y}]}]}", "spec.containers[0].ports[0].name: Invalid value: \"x--y\": must not contain consecutive hyphens")]
    [InlineData("{containers: [{name: a, image: b, env: [{name: 'A=B', value: c}]}]}", "spec.containers[0].env[0].name: Invalid value: \"A=B\"")]
    [InlineData("{containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /x}]}]}", "spec.containers[0].volumeMounts[0].name: Not found: \"v\"")]
    [InlineData("{volumes: [{name: v}], containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /x}, {name: v, mountPath: /x/}]}]}", "spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/x/\": must be unique")]
    [InlineData("{volumes: [{name: v}], containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /x, subPath: ../y}]}]}", "spec.containers[0].volumeMounts[0].subPath: Invalid value: \"../y\": must not contain '..'")]
    [InlineData("{volumes: [{name: v}], containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /x, mountPropagation: Bidirectional}]}]}", "spec.containers[0].volumeMounts[0].mountPropagation: Forbidden")]
    [InlineData("{volumes: [{name: v}], containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /x, recursiveReadOnly: Enabled}]}]}", "spec.containers[0].volumeMounts[0].recursiveReadOnly: Forbidden: may only be specified when readOnly is true")]
    [InlineData("{volumes: [{name: v}], containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /x, readOnly: true, recursiveReadOnly: IfPossible, mountPropagation: HostToContainer}]}]}", "spec.containers[0].volumeMounts[0].recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified")]
    [InlineData("{initContainers: [{name: i, image: b, lifecycle: {preStop: {sleep: {seconds: 1}}}}], containers: [{name: a, image: b}]}", "spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always")]
    [InlineData("{containers: [{name: a, image: b, lifecycle: {preStop: {}}}]}", "spec.containers[0].lifecycle.preStop: Required value: must specify a handler type: exec, httpGet or sleep")]
    [InlineData("{containers: [{name: a, image: b, lifecycle: {preStop: {exec: {command: [x]}, sleep: {seconds: 1}}}}]}", "spec.containers[0].lifecycle.preStop.sleep: Forbidden: may not specify more than 1 handler type")]
    [InlineData("{containers: [{name: a, image: b, lifecycle: {postStart: {exec: {command: []}}}}]}", "spec.containers[0].lifecycle.postStart.exec.command: Required value")]
    [InlineData("{containers: [{name: a, image: b, lifecycle: {postStart: {httpGet: {port: 0}}}}]}", "spec.containers[0].lifecycle.postStart.httpGet.port: Invalid value: 0")]
    [InlineData("{terminationGracePeriodSeconds: 5, containers: [{name: a, image: b, lifecycle: {preStop: {sleep: {seconds: 6}}}}]}", "spec.containers[0].lifecycle.preStop.sleep.seconds: Invalid value: 6: must be non-negative and at most terminationGracePeriodSeconds (5)")]
    [InlineData("{containers: [{name: a, image: b, lifecycle: {stopSignal: SIGQUIT}}]}", "spec.containers[0].lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`")]
    [InlineData("{os: {name: linux}, containers: [{name: a, image: b, lifecycle: {stopSignal: QUIT}}]}", "spec.containers[0].lifecycle.stopSignal: Invalid value: \"QUIT\": must be the name of a signal")]
    [InlineData("{containers: [{name: a, image: b, env: [{name: A, value: x, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}]}", "spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty")]
    [InlineData("{containers: [{name: a, image: b, env: [{name: A, valueFrom: {}}]}]}", "spec.containers[0].env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`")]
    [InlineData("{containers: [{name: a, image: b, env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}, secretKeyRef: {name: s, key: k}}}]}]}", "spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not have more than one field specified at a time")]
    [InlineData("{containers: [{name: a, image: b, env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.x}}}]}]}", "spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.x\": must be one of metadata.name")]
    [InlineData("{containers: [{name: a, image: b, env: [{name: A, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['a b']\"}}}]}]}", "spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value")]
    [InlineData("{containers: [{name: a, image: b, env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.gpu}}}]}]}", "spec.containers[0].env[0].valueFrom.resourceFieldRef.resource: Invalid value: \"limits.gpu\"")]
    [InlineData("{containers: [{name: a, image: b, env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 2}}}]}]}", "spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor: Invalid value: \"2\": must be one of 1m, 1")]
    [InlineData("{containers: [{name: a, image: b, env: [{name: A, valueFrom: {configMapKeyRef: {name: m, key: ../k}}}]}]}", "spec.containers[0].env[0].valueFrom.configMapKeyRef.key: Invalid value: \"../k\"")]
    [InlineData("{containers: [{name: a, image: b, env: [{name: A, valueFrom: {fileKeyRef: {volumeName: v, path: f, key: k}}}]}]}", "spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Not found: \"v\"")]
    [InlineData("{volumes: [{name: v, hostPath: {path: /x}}], containers: [{name: a, image: b, env: [{name: A, valueFrom: {fileKeyRef: {volumeName: v, path: f, key: k}}}]}]}", "spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Invalid value: \"v\": must be a volume of the type emptyDir")]
    [InlineData("{volumes: [{name: v}], containers: [{name: a, image: b, env: [{name: A, valueFrom: {fileKeyRef: {volumeName: v, path: /f, key: k}}}]}]}", "spec.containers[0].env[0].valueFrom.fileKeyRef.path: Invalid value: \"/f\": must be a relative path")]
    [InlineData("{volumes: [{name: v}], containers: [{name: a, image: b, env: [{name: A, valueFrom: {fileKeyRef: {volumeName: v, path: ../f, key: k}}}]}]}", "spec.containers[0].env[0].valueFrom.fileKeyRef.path: Invalid value: \"../f\": must not contain '..'")]
    [InlineData("{volumes: [{name: v}], containers: [{name: a, image: b, env: [{name: A, valueFrom: {fileKeyRef: {volumeName: v, path: f, key: 'k='}}}]}]}", "spec.containers[0].env[0].valueFrom.fileKeyRef.key: Invalid value: \"k=\"")]
    [InlineData("{containers: [{name: a, image: b, envFrom: [{prefix: 'a=', configMapRef: {name: m}}]}]}", "spec.containers[0].envFrom[0].prefix: Invalid value: \"a=\"")]
    [InlineData("{containers: [{name: a, image: b, envFrom: [{prefix: a}]}]}", "spec.containers[0].envFrom[0]: Required value: must specify one of: `configMapRef` or `secretRef`")]
    [InlineData("{volumes: [{name: v}], containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /x, subPath: p, subPathExpr: q}]}]}", "spec.containers[0].volumeMounts[0].subPathExpr: Invalid value: \"q\": subPathExpr and subPath are mutually exclusive")]
    [InlineData("{volumes: [{name: v}], containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /x, subPathExpr: ../$(A)}]}]}", "spec.containers[0].volumeMounts[0].subPathExpr: Invalid value: \"../$(A)\": must not contain '..'")]
    [InlineData("{volumes: [{name: v, configMap: {name: m}, secret: {secretName: s}}], containers: [{name: a, image: b}]}", "spec.volumes[0].secret: Forbidden: may not specify more than 1 volume type")]
    [InlineData("{volumes: [{name: v, configMap: {name: m, defaultMode: 512}}], containers: [{name: a, image: b}]}", "spec.volumes[0].configMap.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive")]
    [InlineData("{volumes: [{name: v, secret: {secretName: s, items: [{key: k, path: ../x}]}}], containers: [{name: a, image: b}]}", "spec.volumes[0].secret.items[0].path: Invalid value: \"../x\": must not contain '..'")]
    [InlineData("{volumes: [{name: v, secret: {secretName: s, items: [{key: k, path: ..x}]}}], containers: [{name: a, image: b}]}", "spec.volumes[0].secret.items[0].path: Invalid value: \"..x\": must not start with '..'")]
    [InlineData("{volumes: [{name: v, secret: {secretName: s, items: [{key: k, path: /x}]}}], containers: [{name: a, image: b}]}", "spec.volumes[0].secret.items[0].path: Invalid value: \"/x\": must be a relative path")]
    [InlineData("{volumes: [{name: v, downwardAPI: {items: [{path: x}]}}], containers: [{name: a, image: b}]}", "spec.volumes[0].downwardAPI.items[0]: Required value: one of fieldRef and resourceFieldRef is required")]
    [InlineData("{volumes: [{name: v, downwardAPI: {items: [{path: x, fieldRef: {fieldPath: status.podIP}}]}}], containers: [{name: a, image: b}]}", "spec.volumes[0].downwardAPI.items[0].fieldRef.fieldPath: Invalid value: \"status.podIP\"")]
    [InlineData("{volumes: [{name: v, downwardAPI: {items: [{path: x, resourceFieldRef: {resource: limits.cpu}}]}}], containers: [{name: a, image: b}]}", "spec.volumes[0].downwardAPI.items[0].resourceFieldRef.containerName: Required value")]
    [InlineData("{volumes: [{name: v, projected: {sources: [{configMap: {name: a, items: [{key: k, path: p}]}}, {secret: {name: b, items: [{key: k, path: p}]}}]}}], containers: [{name: a, image: b}]}", "spec.volumes[0].projected.sources[1].secret.items[0].path: Invalid value: \"p\": conflicting duplicate paths")]
    [InlineData("{volumes: [{name: v, projected: {sources: [{}]}}], containers: [{name: a, image: b}]}", "spec.volumes[0].projected.sources[0]: Forbidden: must specify one of configMap, secret, downwardAPI")]
    [InlineData("{activeDeadlineSeconds: 0, containers: [{name: a, image: b}]}", "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive")]
    [InlineData("{readinessGates: [{conditionType: 'a b'}], containers: [{name: a, image: b}]}", "spec.readinessGates[0].conditionType: Invalid value: \"a b\"")]
    [InlineData("{initContainers: [{name: a, image: b}], containers: [{name: a, image: b}]}", "spec.initContainers[0].name: Duplicate value: \"a\"")]
    [InlineData("{initContainers: [{name: i, image: b, livenessProbe: {tcpSocket: {port: 1}}}], containers: [{name: a, image: b}]}", "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always")]
    [InlineData("{initContainers: [{name: i, image: b, readinessProbe: {tcpSocket: {port: 1}}}], containers: [{name: a, image: b}]}", "spec.initContainers[0].readinessProbe: Forbidden: may not be set")]
    [InlineData("{initContainers: [{name: i, image: b, startupProbe: {tcpSocket: {port: 1}}}], containers: [{name: a, image: b}]}", "spec.initContainers[0].startupProbe: Forbidden: may not be set")]
    [InlineData("{initContainers: [{name: i, image: b, restartPolicy: Always, startupProbe: {}}], containers: [{name: a, image: b}]}", "spec.initContainers[0].startupProbe: Required value")]
    [InlineData("{initContainers: [{name: i, image: b, volumeMounts: [{name: v, mountPath: /x}]}], containers: [{name: a, image: b}]}", "spec.initContainers[0].volumeMounts[0].name: Not found: \"v\"")]
    [InlineData("{hostUsers: false, hostNetwork: true, containers: [{name: a, image: b}]}", "spec.hostNetwork: Forbidden: when `hostUsers` is false")]
    [InlineData("{hostUsers: false, hostPID: true, containers: [{name: a, image: b}]}", "spec.hostPID: Forbidden: when `hostUsers` is false")]
    [InlineData("{hostUsers: false, hostIPC: true, containers: [{name: a, image: b}]}", "spec.hostIPC: Forbidden: when `hostUsers` is false")]
    [InlineData("{hostUsers: false, volumes: [{name: v}], containers: [{name: a, image: b, securityContext: {privileged: true}, volumeMounts: [{name: v, mountPath: /x, mountPropagation: Bidirectional}]}]}", "spec.containers[0].volumeMounts[0].mountPropagation: Forbidden: Bidirectional is not possible when `hostUsers` is false")]
    [InlineData("{volumes: [{name: v, emptyDir: {}, hostPath: {path: /x}}], containers: [{name: a, image: b}]}", "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type")]
    [InlineData("{volumes: [{name: v, hostPath: {path: x}}], containers: [{name: a, image: b}]}", "spec.volumes[0].hostPath.path: Invalid value: \"x\": must be an absolute path")]
    [InlineData("{containers: [{name: a, image: b, resources: {limits: {cpu: 1}, requests: {cpu: 2}}}]}", "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1")]
    [InlineData("{containers: [{name: a, image: b, resources: {limits: {nvidia.com/gpu: 1}}}]}", "spec.containers[0].resources.limits[nvidia.com/gpu]: not supported: only cpu, memory, ephemeral-storage and hugepages-SIZE are")]
    [InlineData("{containers: [{name: a, image: b, resources: {limits: {\"c\\u0010\": 1}}}]}", "spec.containers[0].resources.limits[\"c\\x10\"]: not supported")]
    [InlineData("{containers: [{name: a, image: b, resources: {limits: {memory: 64m}}}]}", "spec.containers[0].resources.limits[memory]: Invalid value: \"64m\": must be a whole number of bytes")]
    [InlineData("{containers: [{name: a, image: b, resources: {limits: {memory: -1}}}]}", "spec.containers[0].resources.limits[memory]: Invalid value: \"-1\": must be greater than or equal to 0")]
    [InlineData("{containers: [{name: a, image: b, readinessProbe: {tcpSocket: {port: 1}, periodMilliseconds: 9}}]}", "spec.containers[0].readinessProbe.periodMilliseconds: Invalid value: 9: must be greater than or equal to 10")]
    [InlineData("{containers: [{name: a, image: b, readinessProbe: {tcpSocket: {port: 1}, timeoutMilliseconds: 0}}]}", "spec.containers[0].readinessProbe.timeoutMilliseconds: Invalid value: 0: must be greater than or equal to 1")]
    [InlineData("{containers: [{name: a, image: b, readinessProbe: {tcpSocket: {port: 1}, periodMilliseconds: 1500, periodSeconds: 1}}]}", "spec.containers[0].readinessProbe.periodSeconds: Invalid value: 1: must be 2, which is periodMilliseconds rounded up, or be left out")]
    [InlineData("{containers: [{name: a, image: b, livenessProbe: {}}]}", "spec.containers[0].livenessProbe: Required value: must specify a handler type")]
    [InlineData("{containers: [{name: a, image: b, livenessProbe: {exec: {command: [a]}, tcpSocket: {port: 1}}}]}", "spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type")]
    [InlineData("{containers: [{name: a, image: b, livenessProbe: {tcpSocket: {port: 1}, successThreshold: 2}}]}", "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1")]
    [InlineData("{containers: [{name: a, image: b, readinessProbe: {tcpSocket: {port: 1}, periodSeconds: -2}}]}", "spec.containers[0].readinessProbe.periodSeconds: Invalid value: -2: must be greater than or equal to 0")]
    [InlineData("{containers: [{name: a, image: b, readinessProbe: {tcpSocket: {port: 1}, terminationGracePeriodSeconds: 2}}]}", "spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 2: must not be set for readinessProbes")]
    [InlineData("{containers: [{name: a, image: b, readinessProbe: {httpGet: {port: 1, path: \"/a\\r\\nb\"}}}]}", "spec.containers[0].readinessProbe.httpGet.path: Invalid value")]
    [InlineData("{containers: [{name: a, image: b, securityContext: {runAsUser: -1}}]}", "spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive")]
    [InlineData("{containers: [{name: a, image: b, securityContext: {capabilities: {add: [CAP_NET_ADMIN]}}}]}", "spec.containers[0].securityContext.capabilities.add[0]: Invalid value: \"CAP_NET_ADMIN\": write it as NET_ADMIN")]
    [InlineData("{containers: [{name: a, image: b, securityContext: {privileged: true, allowPrivilegeEscalation: false}}]}", "spec.containers[0].securityContext: Invalid value: null: cannot set `allowPrivilegeEscalation` to false and `privileged` to true")]
    [InlineData("{securityContext: {seccompProfile: {type: Localhost}}, containers: [{name: a, image: b}]}", "spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost")]
    [InlineData("{securityContext: {seccompProfile: {type: Localhost, localhostProfile: ''}}, containers: [{name: a, image: b}]}", "spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost")]
    [InlineData("{containers: [{name: a, image: b, securityContext: {seccompProfile: {type: RuntimeDefault, localhostProfile: x}}}]}", "spec.containers[0].securityContext.seccompProfile.localhostProfile: Invalid value: \"x\": can only be set when seccomp type is Localhost")]
    [InlineData("{containers: [{name: a, image: b, securityContext: {seccompProfile: {type: Localhost, localhostProfile: /x}}}]}", "spec.containers[0].securityContext.seccompProfile.localhostProfile: Invalid value: \"/x\": must be a relative path")]
    [InlineData("{containers: [{name: a, image: b, securityContext: {seccompProfile: {type: Localhost, localhostProfile: a/../../x}}}]}", "spec.containers[0].securityContext.seccompProfile.localhostProfile: Invalid value: \"a/../../x\": must not contain '..'")]
    [InlineData("{securityContext: {fsGroup: -1}, containers: [{name: a, image: b}]}", "spec.securityContext.fsGroup: Invalid value: -1: must be between 0 and 2147483647, inclusive")]
    [InlineData("{hostPID: true, shareProcessNamespace: true, containers: [{name: a, image: b}]}", "spec.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled")]
    [InlineData("{hostname: a.b, containers: [{name: a, image: b}]}", "spec.hostname: Invalid value: \"a.b\"")]
    [InlineData("{hostAliases: [{ip: 1.2.3, hostnames: [a]}], containers: [{name: a, image: b}]}", "spec.hostAliases[0].ip: Invalid value: \"1.2.3\": must be a valid IP address")]
    [InlineData("{dnsPolicy: None, containers: [{name: a, image: b}]}", "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None")]
    [InlineData("{dnsConfig: {nameservers: [1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4]}, containers: [{name: a, image: b}]}", "spec.dnsConfig.nameservers: Invalid value")]
    [InlineData("{dnsConfig: {options: [{name: \"a\\nnameserver 6.6.6.6\"}]}, containers: [{name: a, image: b}]}", "spec.dnsConfig.options[0]: Invalid value")]
    public void Errors_are_by_path_with_the_texts_of_Kubernetes(string spec, string expected)
    {
        var error = Assert.Single(PodValidation.Validate(PodDefaults.Apply(Pod(spec))));
        Assert.StartsWith(expected, error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{name: Web}", "metadata.name: Invalid value: \"Web\": a lowercase RFC 1123 subdomain must consist of")]
    [InlineData("{name: \"a\\u001b[31m\"}", "metadata.name: Invalid value: \"a\\x1b[31m\"")]
    [InlineData("{}", "metadata.name: Required value: name or generateName is required")]
    [InlineData("{name: a, namespace: b.c}", "metadata.namespace: Invalid value: \"b.c\"")]
    [InlineData("{name: a, labels: {-x: z}}", "metadata.labels: Invalid value: \"-x\": name part must consist of")]
    [InlineData("{name: a, labels: {x: 'v z'}}", "metadata.labels[x]: Invalid value: \"v z\": a valid label must be an empty string or consist of")]
    [InlineData("{name: a, annotations: {'x/y/z': w}}", "metadata.annotations: Invalid value: \"x/y/z\": a qualified name")]
    [InlineData("{name: a, finalizers: ['!']}", "metadata.finalizers[0]: Invalid value: \"!\"")]
    public void Metadata_is_checked(string metadata, string expected)
    {
        var file = Manifest.Parse($"apiVersion: v1\nkind: Pod\nmetadata: {metadata}\nspec: {{containers: [{{name: a, image: b}}]}}");
        Assert.Empty(file.Problems());
        var error = Assert.Single(PodValidation.Validate(ApiJson.Read<Pod>(PodDefaults.Apply(file.Documents[0].Object))));
        Assert.StartsWith(expected, error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{hostUsers: false, shareProcessNamespace: true, containers: [{name: a, image: b, securityContext: {privileged: true}}]}")]
    [InlineData("{hostUsers: false, volumes: [{name: v}], containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /x, mountPropagation: HostToContainer}]}]}")]
    [InlineData("{hostUsers: true, hostNetwork: true, hostPID: true, hostIPC: true, containers: [{name: a, image: b}]}")]
    public void User_namespaces_go_with_everything_but_the_hosts_namespaces(string spec) =>
        Assert.Empty(PodValidation.Validate(PodDefaults.Apply(Pod(spec))));

    [Fact]
    public void Names_with_a_trailing_dash_are_fine_as_prefix() =>
        Assert.Empty(PodValidation.Validate(PodDefaults.Apply(Pod("{containers: [{name: a, image: b}]}") with { Metadata = new() { GenerateName = "web-" } })));

    [Fact]
    public void Annotations_are_limited_in_all()
    {
        var pod = PodDefaults.Apply(Pod("{containers: [{name: a, image: b}]}"));
        var big = pod with { Metadata = pod.Metadata with { Annotations = new Dictionary<string, string> { ["a"] = new('x', 262_143), ["b"] = "" } } };
        Assert.Equal("metadata.annotations: Too long: may not be more than 262144 bytes", Assert.Single(PodValidation.Validate(big)).ToString());
    }

    internal static Pod Pod(string spec)
    {
        var file = Manifest.Parse($"apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec: {spec}");
        Assert.Empty(file.Problems());
        return ApiJson.Read<Pod>(file.Documents[0].Object);
    }
}
