using Insula.Api.PodSecurity;

namespace Insula.Api.Tests.PodSecurity;

/// <summary>Each check of restricted, by a pod that is right in everything else.</summary>
public sealed class RestrictedCheckTests
{
    private const string Fine = "allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}";

    [Fact]
    public void A_hardened_pod_passes_and_a_plain_one_is_told_all_at_once()
    {
        Check("latest", "{containers: [{name: a, securityContext: {" + Fine + "}}]}");
        Check(
            "latest", "{containers: [{name: c}]}",
            "allowPrivilegeEscalation != false (container \"c\" must set securityContext.allowPrivilegeEscalation=false)",
            "unrestricted capabilities (container \"c\" must set securityContext.capabilities.drop=[\"ALL\"])",
            "runAsNonRoot != true (pod or container \"c\" must set securityContext.runAsNonRoot=true)",
            "seccompProfile (pod or container \"c\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")");
    }

    [Fact]
    public void Baseline_comes_first_and_what_restricted_says_more_strictly_is_said_once() => Check(
        "latest",
        "{hostNetwork: true, volumes: [{name: v, hostPath: {path: /}}], containers: [{name: a, securityContext: {privileged: true, procMount: Unmasked, capabilities: {add: [NET_RAW]}, seccompProfile: {type: Unconfined}}}]}",
        "host namespaces (hostNetwork=true)",
        "privileged (container \"a\" must not set securityContext.privileged=true)",
        "allowPrivilegeEscalation != false (container \"a\" must set securityContext.allowPrivilegeEscalation=false)",
        "unrestricted capabilities (container \"a\" must set securityContext.capabilities.drop=[\"ALL\"]; container \"a\" must not include \"NET_RAW\" in securityContext.capabilities.add)",
        "procMount (container \"a\" must not set securityContext.procMount to \"Unmasked\")",
        "restricted volume types (volume \"v\" uses restricted volume type \"hostPath\")",
        "runAsNonRoot != true (pod or container \"a\" must set securityContext.runAsNonRoot=true)",
        "seccompProfile (container \"a\" must not set securityContext.seccompProfile.type to \"Unconfined\")");

    [Theory]
    [InlineData("v1.7", "{containers: [{name: a, securityContext: {runAsNonRoot: true}}]}", null)]
    [InlineData("v1.8", "{containers: [{name: a, securityContext: {runAsNonRoot: true}}, {name: b, securityContext: {runAsNonRoot: true, allowPrivilegeEscalation: true}}]}",
        "allowPrivilegeEscalation != false (containers \"a\", \"b\" must set securityContext.allowPrivilegeEscalation=false)")]
    public void Privilege_escalation(string version, string spec, string? expected) => Check(version, spec, expected);

    [Theory]
    [InlineData("latest", "add: [NET_BIND_SERVICE], drop: [CHOWN, ALL]", null)]
    [InlineData("latest", "drop: [CHOWN]", "unrestricted capabilities (container \"a\" must set securityContext.capabilities.drop=[\"ALL\"])")]
    [InlineData("latest", "add: [CHOWN, NET_BIND_SERVICE, AUDIT_WRITE], drop: [ALL]",
        "unrestricted capabilities (container \"a\" must not include \"AUDIT_WRITE\", \"CHOWN\" in securityContext.capabilities.add)")]
    [InlineData("v1.21", "add: [CHOWN]", null)]
    [InlineData("v1.21", "add: [NET_RAW]", "non-default capabilities (container \"a\" must not include \"NET_RAW\" in securityContext.capabilities.add)")]
    public void Capabilities(string version, string capabilities, string? expected) => Check(
        version,
        "{containers: [{name: a, securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}, capabilities: {" + capabilities + "}}}]}",
        expected);

    [Theory]
    [InlineData("configMap")]
    [InlineData("csi")]
    [InlineData("downwardAPI")]
    [InlineData("emptyDir")]
    [InlineData("ephemeral")]
    [InlineData("image")]
    [InlineData("persistentVolumeClaim")]
    [InlineData("projected")]
    [InlineData("secret")]
    public void Volumes_that_are_allowed(string type) =>
        Check("latest", "{volumes: [{name: v, " + type + ": {}}], containers: [{name: a, securityContext: {" + Fine + "}}]}");

    [Theory]
    [InlineData("{name: v, nfs: {}}", "restricted volume types (volume \"v\" uses restricted volume type \"nfs\")")]
    [InlineData("{name: v, fancy: {}}", "restricted volume types (volume \"v\" uses restricted volume type \"unknown\")")]
    [InlineData("{name: w, nfs: {}}, {name: v, hostPath: {}}", "restricted volume types (volumes \"w\", \"v\" use restricted volume types \"hostPath\", \"nfs\")")]
    [InlineData("{name: w, nfs: {}}, {name: v, nfs: {}}", "restricted volume types (volumes \"w\", \"v\" use restricted volume type \"nfs\")")]
    public void Volumes_that_are_not(string volumes, string expected) =>
        Check("latest", "{volumes: [" + volumes + "], containers: [{name: a, securityContext: {" + Fine + "}}]}", expected);

    [Theory]
    [InlineData("latest", "runAsNonRoot: true", "", null)]
    [InlineData("latest", "runAsNonRoot: false", "runAsNonRoot: true", "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)")]
    [InlineData("latest", "runAsNonRoot: true", "runAsNonRoot: false", "runAsNonRoot != true (container \"a\" must not set securityContext.runAsNonRoot=false)")]
    [InlineData("latest", "runAsNonRoot: false", "runAsNonRoot: false", "runAsNonRoot != true (pod and container \"a\" must not set securityContext.runAsNonRoot=false)")]
    [InlineData("latest", "runAsNonRoot: true, runAsUser: 0", "", "runAsUser=0 (pod must not set runAsUser=0)")]
    [InlineData("latest", "runAsNonRoot: true, runAsUser: 0", "runAsUser: 0", "runAsUser=0 (pod and container \"a\" must not set runAsUser=0)")]
    [InlineData("latest", "runAsNonRoot: true", "runAsUser: 1000", null)]
    [InlineData("v1.22", "runAsNonRoot: true", "runAsUser: 0", null)]
    public void Users(string version, string pod, string container, string? expected) => Check(version, Pod(pod, container), expected);

    [Theory]
    [InlineData("latest", null)]
    [InlineData("v1.34", "runAsNonRoot != true (pod or container \"a\" must set securityContext.runAsNonRoot=true)")]
    public void Root_of_a_user_namespace_is_nobody(string version, string? expected) =>
        Check(version, Pod("", "").Replace("{securityContext", "{hostUsers: false, securityContext", StringComparison.Ordinal), expected);

    [Theory]
    [InlineData("latest", "seccompProfile: {type: Localhost}", "", null)]
    [InlineData("latest", "", "seccompProfile: {type: RuntimeDefault}", null)]
    [InlineData("latest", "seccompProfile: {type: Unconfined}", "seccompProfile: {type: RuntimeDefault}",
        "seccompProfile (pod must not set securityContext.seccompProfile.type to \"Unconfined\")")]
    [InlineData("latest", "", "", "seccompProfile (pod or container \"a\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")")]
    [InlineData("v1.18", "", "", null)]
    public void Seccomp_profiles(string version, string pod, string container, string? expected) => Check(
        version,
        "{securityContext: {" + pod + "}, containers: [{name: a, securityContext: {" + Join("allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}", container) + "}}]}",
        expected);

    private static string Pod(string pod, string container) =>
        "{securityContext: {" + pod + "}, containers: [{name: a, securityContext: {"
        + Join("allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}", container) + "}}]}";

    private static string Join(string first, string second) => second.Length == 0 ? first : $"{first}, {second}";

    private static void Check(string version, string spec, params string?[] expected)
    {
        Assert.True(PodSecurityStandard.TryParse($"restricted:{version}", out var standard));
        var violations = PodSecurityEvaluator.Evaluate(standard, Documents.Pod(spec));
        Assert.Equal(expected.OfType<string>(), violations.Select(v => v.ToString()));
    }
}
