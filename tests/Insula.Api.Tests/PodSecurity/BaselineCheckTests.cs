using Insula.Api.PodSecurity;

namespace Insula.Api.Tests.PodSecurity;

/// <summary>Each check of baseline: what it lets pass, and what it says of what it does not (the texts of Kubernetes).</summary>
public sealed class BaselineCheckTests
{
    private const string Old = "v1.0";
    private const string New = "latest";

    [Theory]
    [InlineData("{containers: [{name: a}]}", null)]
    [InlineData("{containers: [{name: a, securityContext: {privileged: false}}]}", null)]
    [InlineData("{containers: [{name: a, securityContext: {privileged: true}}]}",
        "privileged (container \"a\" must not set securityContext.privileged=true)")]
    [InlineData("{containers: [{name: b, securityContext: {privileged: true}}], initContainers: [{name: a, securityContext: {privileged: true}}], ephemeralContainers: [{name: c, securityContext: {privileged: true}}]}",
        "privileged (containers \"a\", \"b\", \"c\" must not set securityContext.privileged=true)")]
    public void Privileged(string spec, string? expected) => Check(New, spec, expected);

    [Theory]
    [InlineData("{hostNetwork: false, hostPID: false, hostIPC: false}", null)]
    [InlineData("{hostPID: true}", "host namespaces (hostPID=true)")]
    [InlineData("{hostIPC: true, hostPID: true, hostNetwork: true}", "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)")]
    public void Host_namespaces(string spec, string? expected) => Check(New, spec, expected);

    [Theory]
    [InlineData("{containers: [{name: a, securityContext: {capabilities: {add: [CHOWN, MKNOD, SYS_CHROOT], drop: [ALL]}}}]}", null)]
    [InlineData("{containers: [{name: a, securityContext: {capabilities: {add: [NET_RAW]}}}]}",
        "non-default capabilities (container \"a\" must not include \"NET_RAW\" in securityContext.capabilities.add)")]
    [InlineData("{containers: [{name: b, securityContext: {capabilities: {add: [SYS_TIME, CHOWN]}}}, {name: a, securityContext: {capabilities: {add: [NET_ADMIN, SYS_TIME]}}}, {name: c, securityContext: {capabilities: {add: [CHOWN]}}}]}",
        "non-default capabilities (containers \"b\", \"a\" must not include \"NET_ADMIN\", \"SYS_TIME\" in securityContext.capabilities.add)")]
    public void Capabilities(string spec, string? expected) => Check(New, spec, expected);

    [Theory]
    [InlineData("{volumes: [{name: v, emptyDir: {}}, {name: w, nfs: {server: s, path: /}}]}", null)]
    [InlineData("{volumes: [{name: v, hostPath: {path: /}}]}", "hostPath volumes (volume \"v\")")]
    [InlineData("{volumes: [{name: w, hostPath: {path: /}}, {name: x, emptyDir: {}}, {name: v, hostPath: {path: /}}]}", "hostPath volumes (volumes \"w\", \"v\")")]
    public void Host_path_volumes(string spec, string? expected) => Check(New, spec, expected);

    [Theory]
    [InlineData("{containers: [{name: a, ports: [{containerPort: 80}, {containerPort: 81, hostPort: 0}]}]}", null)]
    [InlineData("{containers: [{name: a, ports: [{containerPort: 80, hostPort: 8080}]}]}", "hostPort (container \"a\" uses hostPort 8080)")]
    [InlineData("{containers: [{name: a, ports: [{containerPort: 80, hostPort: 9}, {containerPort: 81, hostPort: 10}]}, {name: b, ports: [{containerPort: 80, hostPort: 9}]}]}",
        "hostPort (containers \"a\", \"b\" use hostPorts 10, 9)")]
    public void Host_ports(string spec, string? expected) => Check(New, spec, expected);

    [Theory]
    [InlineData(New, "{containers: [{name: a, livenessProbe: {httpGet: {port: 80}}, readinessProbe: {tcpSocket: {port: 80, host: ''}}}]}", null)]
    [InlineData(New, "{containers: [{name: a, livenessProbe: {httpGet: {port: 80, host: 10.0.0.1}}}]}",
        "probe or lifecycle host (container \"a\" uses probe or lifecycle host \"10.0.0.1\")")]
    [InlineData(New, "{containers: [{name: b, readinessProbe: {tcpSocket: {host: w}}, lifecycle: {preStop: {httpGet: {host: x}}}}, {name: a, startupProbe: {tcpSocket: {host: w}}, lifecycle: {postStart: {tcpSocket: {host: z}}}}]}",
        "probe or lifecycle host (containers \"a\", \"b\" use probe or lifecycle hosts \"w\", \"x\", \"z\")")]
    [InlineData("v1.33", "{containers: [{name: a, livenessProbe: {httpGet: {port: 80, host: 10.0.0.1}}}]}", null)]
    public void Hosts_of_probes_and_hooks(string version, string spec, string? expected) => Check(version, spec, expected);

    [Theory]
    [InlineData("{containers: [{name: a}]}", "{annotations: {container.apparmor.security.beta.kubernetes.io/a: runtime/default, container.apparmor.security.beta.kubernetes.io/b: localhost/x, c: unconfined}}", null)]
    [InlineData("{securityContext: {appArmorProfile: {type: RuntimeDefault}}, containers: [{name: a, securityContext: {appArmorProfile: {type: Localhost}}}]}", "{}", null)]
    [InlineData("{securityContext: {appArmorProfile: {type: Unconfined}}, containers: [{name: a}]}", "{}",
        "forbidden AppArmor profile (pod must not set AppArmor profile type to \"Unconfined\")")]
    [InlineData("{containers: [{name: a, securityContext: {appArmorProfile: {type: Unconfined}}}]}", "{}",
        "forbidden AppArmor profile (container \"a\" must not set AppArmor profile type to \"Unconfined\")")]
    [InlineData("{securityContext: {appArmorProfile: {type: Unconfined}}, containers: [{name: a, securityContext: {appArmorProfile: {type: Unconfined}}}]}", "{annotations: {container.apparmor.security.beta.kubernetes.io/a: unconfined}}",
        "forbidden AppArmor profiles (pod and container \"a\" and annotation must not set AppArmor profile type to \"Unconfined\", \"container.apparmor.security.beta.kubernetes.io/a=\"unconfined\"\")")]
    public void AppArmor_profiles(string spec, string metadata, string? expected) => Check(New, spec, expected, metadata);

    [Theory]
    [InlineData(New, "{securityContext: {seLinuxOptions: {type: container_kvm_t, level: 's0:c1,c2'}}, containers: [{name: a, securityContext: {seLinuxOptions: {type: container_engine_t}}}]}", null)]
    [InlineData("v1.30", "{containers: [{name: a, securityContext: {seLinuxOptions: {type: container_engine_t}}}]}",
        "seLinuxOptions (container \"a\" set forbidden securityContext.seLinuxOptions: type \"container_engine_t\")")]
    [InlineData(New, "{securityContext: {seLinuxOptions: {user: u}}, containers: [{name: a}]}",
        "seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: user may not be set)")]
    [InlineData(New, "{securityContext: {seLinuxOptions: {type: foo}}, containers: [{name: a, securityContext: {seLinuxOptions: {type: bar, role: r}}}, {name: b, securityContext: {seLinuxOptions: {user: u}}}]}",
        "seLinuxOptions (pod and containers \"a\", \"b\" set forbidden securityContext.seLinuxOptions: types \"bar\", \"foo\"; user may not be set; role may not be set)")]
    public void SELinux_options(string version, string spec, string? expected) => Check(version, spec, expected);

    [Theory]
    [InlineData(New, "{containers: [{name: a, securityContext: {procMount: Default}}]}", null)]
    [InlineData(New, "{hostUsers: false, containers: [{name: a, securityContext: {procMount: Unmasked}}]}", null)]
    [InlineData("v1.34", "{hostUsers: false, containers: [{name: a, securityContext: {procMount: Unmasked}}]}",
        "procMount (container \"a\" must not set securityContext.procMount to \"Unmasked\")")]
    [InlineData(New, "{containers: [{name: a, securityContext: {procMount: Unmasked}}, {name: b, securityContext: {procMount: other}}]}",
        "procMount (containers \"a\", \"b\" must not set securityContext.procMount to \"Unmasked\", \"other\")")]
    public void Proc_mounts(string version, string spec, string? expected) => Check(version, spec, expected);

    [Theory]
    [InlineData("{securityContext: {seccompProfile: {type: RuntimeDefault}}, containers: [{name: a, securityContext: {seccompProfile: {type: Localhost}}}, {name: b}]}", null)]
    [InlineData("{containers: [{name: a, securityContext: {seccompProfile: {type: Unconfined}}}]}",
        "seccompProfile (container \"a\" must not set securityContext.seccompProfile.type to \"Unconfined\")")]
    [InlineData("{securityContext: {seccompProfile: {type: Unconfined}}, containers: [{name: a, securityContext: {seccompProfile: {type: other}}}]}",
        "seccompProfile (pod and container \"a\" must not set securityContext.seccompProfile.type to \"Unconfined\", \"other\")")]
    public void Seccomp_profiles(string spec, string? expected) => Check(New, spec, expected);

    [Theory]
    [InlineData(Old, "{annotations: {seccomp.security.alpha.kubernetes.io/pod: localhost/x, container.seccomp.security.alpha.kubernetes.io/a: docker/default, container.seccomp.security.alpha.kubernetes.io/other: unconfined}}", null)]
    [InlineData("v1.18", "{annotations: {seccomp.security.alpha.kubernetes.io/pod: unconfined, container.seccomp.security.alpha.kubernetes.io/a: x}}",
        "seccompProfile (forbidden annotations container.seccomp.security.alpha.kubernetes.io/a=\"x\", seccomp.security.alpha.kubernetes.io/pod=\"unconfined\")")]
    [InlineData("v1.19", "{annotations: {seccomp.security.alpha.kubernetes.io/pod: unconfined}}", null)]
    public void Seccomp_annotations_of_old(string version, string metadata, string? expected) => Check(version, "{containers: [{name: a}]}", expected, metadata);

    [Theory]
    [InlineData(Old, "{securityContext: {sysctls: [{name: kernel.shm_rmid_forced, value: '1'}, {name: net.ipv4.ip_unprivileged_port_start, value: '0'}]}}", null)]
    [InlineData(New, "{securityContext: {sysctls: [{name: net.core.somaxconn, value: '1'}, {name: net.ipv4.tcp_rmem, value: '1'}, {name: kernel.msgmax, value: '1'}]}}",
        "forbidden sysctls (net.core.somaxconn, kernel.msgmax)")]
    [InlineData("v1.26", "{securityContext: {sysctls: [{name: net.ipv4.ip_local_reserved_ports, value: '1'}]}}", "forbidden sysctls (net.ipv4.ip_local_reserved_ports)")]
    [InlineData("v1.27", "{securityContext: {sysctls: [{name: net.ipv4.ip_local_reserved_ports, value: '1'}]}}", null)]
    [InlineData("v1.28", "{securityContext: {sysctls: [{name: net.ipv4.tcp_fin_timeout, value: '1'}]}}", "forbidden sysctls (net.ipv4.tcp_fin_timeout)")]
    [InlineData("v1.29", "{securityContext: {sysctls: [{name: net.ipv4.tcp_fin_timeout, value: '1'}]}}", null)]
    [InlineData("v1.31", "{securityContext: {sysctls: [{name: net.ipv4.tcp_wmem, value: '1'}]}}", "forbidden sysctls (net.ipv4.tcp_wmem)")]
    [InlineData("v1.32", "{securityContext: {sysctls: [{name: net.ipv4.tcp_wmem, value: '1'}]}}", null)]
    public void Sysctls(string version, string spec, string? expected) => Check(version, spec, expected);

    [Theory]
    [InlineData("{containers: [{name: a, securityContext: {windowsOptions: {hostProcess: false}}}]}", null)]
    [InlineData("{securityContext: {windowsOptions: {hostProcess: true}}, containers: [{name: a, securityContext: {windowsOptions: {hostProcess: true}}}]}",
        "hostProcess (pod and container \"a\" must not set securityContext.windowsOptions.hostProcess=true)")]
    public void Windows_host_processes(string spec, string? expected) => Check(New, spec, expected);

    private static void Check(string version, string spec, string? expected, string metadata = "{name: web}")
    {
        Assert.True(PodSecurityStandard.TryParse($"baseline:{version}", out var standard));
        var violations = PodSecurityEvaluator.Evaluate(standard, Documents.Pod(spec, metadata));
        Assert.Equal(expected is null ? [] : [expected], violations.Select(v => v.ToString()));
    }
}
