using System.Text.Json.Nodes;
using Insula.Api.PodSecurity;

namespace Insula.Api.Tests.PodSecurity;

public sealed class PodSecurityAdmissionTests
{
    private const string Enforce = "pod-security.kubernetes.io/enforce";
    private const string Privileged = "{containers: [{name: c, image: i, securityContext: {privileged: true}}]}";
    private const string Plain = "{containers: [{name: c, image: i}]}";

    private static readonly PodSecurityAdmission s_admission = new(PodSecurityPolicy.Privileged, new HashSet<string> { "kube-system" });

    [Theory]
    [InlineData("latest", true, "latest")]
    [InlineData("v1.0", true, "v1.0")]
    [InlineData("v1.35", true, "v1.35")]
    [InlineData("v1.99", true, "v1.99")]
    [InlineData("v1.05", false, "latest")]
    [InlineData("v1.", false, "latest")]
    [InlineData("v1.-1", false, "latest")]
    [InlineData("v1.+1", false, "latest")]
    [InlineData("v1. 1", false, "latest")]
    [InlineData("v2.0", false, "latest")]
    [InlineData("1.30", false, "latest")]
    [InlineData("Latest", false, "latest")]
    [InlineData("", false, "latest")]
    public void Versions(string text, bool valid, string expected)
    {
        Assert.Equal(valid, PodSecurityVersion.TryParse(text, out var version));
        Assert.Equal(expected, version.ToString());
    }

    [Fact]
    public void Labels_win_over_the_default_and_what_cannot_be_read_is_the_strictest()
    {
        Assert.True(PodSecurityStandard.TryParse("baseline:v1.30", out var baseline));
        var defaults = new PodSecurityPolicy(baseline, baseline, PodSecurityStandard.Privileged);
        var policy = PodSecurityPolicy.FromLabels(
            new Dictionary<string, string> { [Enforce] = "restricted", ["pod-security.kubernetes.io/warn"] = "baseline", ["pod-security.kubernetes.io/warn-version"] = "v1.20" },
            defaults, out var errors);
        Assert.Empty(errors);
        Assert.Equal("restricted:v1.30 baseline:v1.30 baseline:v1.20", $"{policy.Enforce} {policy.Audit} {policy.Warn}");

        policy = PodSecurityPolicy.FromLabels(
            new Dictionary<string, string> { [Enforce] = "strict", ["pod-security.kubernetes.io/audit"] = "strict", ["pod-security.kubernetes.io/enforce-version"] = "1" },
            defaults, out errors);
        Assert.Equal("restricted:latest privileged:v1.30 privileged:latest", $"{policy.Enforce} {policy.Audit} {policy.Warn}");
        Assert.Equal(
            [
                "metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: \"strict\": must be one of privileged, baseline, restricted",
                "metadata.labels[pod-security.kubernetes.io/enforce-version]: Invalid value: \"1\": must be \"latest\" or \"v1.x\"",
                "metadata.labels[pod-security.kubernetes.io/audit]: Invalid value: \"strict\": must be one of privileged, baseline, restricted",
            ],
            errors.Select(e => e.ToString()));
    }

    [Fact]
    public void A_violation_is_refused_warned_of_and_noted_by_mode()
    {
        var refused = s_admission.ReviewPod(Documents.Namespace("{pod-security.kubernetes.io/enforce: baseline, pod-security.kubernetes.io/warn: baseline}"), Documents.Pod(Privileged), null);
        Assert.Equal("violates PodSecurity \"baseline:latest\": privileged (container \"c\" must not set securityContext.privileged=true)", refused.Refusal);
        Assert.Empty(refused.Warnings);
        Assert.Equal([("enforce-policy", "baseline:latest")], refused.Audit);

        var noted = s_admission.ReviewPod(
            Documents.Namespace("{pod-security.kubernetes.io/enforce: privileged, pod-security.kubernetes.io/warn: baseline, pod-security.kubernetes.io/warn-version: v1.20, pod-security.kubernetes.io/audit: baseline}"),
            Documents.Pod(Privileged), null);
        Assert.Null(noted.Refusal);
        Assert.Equal(["would violate PodSecurity \"baseline:v1.20\": privileged (container \"c\" must not set securityContext.privileged=true)"], noted.Warnings);
        Assert.Equal(
            [
                ("enforce-policy", "privileged:latest"),
                ("audit-violations", "would violate PodSecurity \"baseline:latest\": privileged (container \"c\" must not set securityContext.privileged=true)"),
            ],
            noted.Audit);
    }

    [Fact]
    public void What_demands_nothing_says_nothing()
    {
        Assert.Same(PodSecurityDecision.Allowed, s_admission.ReviewPod(Documents.Namespace("{}"), Documents.Pod(Privileged), null));
        var exempt = s_admission.ReviewPod(Documents.Namespace("{pod-security.kubernetes.io/enforce: restricted}", "kube-system"), Documents.Pod(Privileged), null);
        Assert.Equal((null, "exempt=namespace"), (exempt.Refusal, string.Join(",", exempt.Audit.Select(a => $"{a.Key}={a.Value}"))));
    }

    [Fact]
    public void Labels_that_cannot_be_read_enforce_restricted()
    {
        var decision = s_admission.ReviewPod(Documents.Namespace("{pod-security.kubernetes.io/enforce: bseline}"), Documents.Pod(Plain), null);
        Assert.StartsWith("violates PodSecurity \"restricted:latest\": ", decision.Refusal, StringComparison.Ordinal);
        Assert.Contains(decision.Audit, a => a.Key == "error" && a.Value.Contains("bseline", StringComparison.Ordinal));
    }

    [Fact]
    public void An_update_is_looked_at_when_an_image_or_a_container_is_new()
    {
        var ns = Documents.Namespace("{pod-security.kubernetes.io/enforce: baseline}");
        var old = Documents.Pod(Privileged);
        Assert.Null(s_admission.ReviewPod(ns, Documents.Pod(Privileged, "{name: web, labels: {a: b}}"), old).Refusal);
        Assert.NotNull(s_admission.ReviewPod(ns, Documents.Pod(Privileged.Replace("image: i", "image: j", StringComparison.Ordinal)), old).Refusal);
        var more = Documents.Pod(Privileged);
        more["spec"]!["ephemeralContainers"] = new JsonArray(new JsonObject { ["name"] = "debug", ["image"] = "i" });
        Assert.NotNull(s_admission.ReviewPod(ns, more, old).Refusal);
    }

    [Theory]
    [InlineData("{}", "{pod-security.kubernetes.io/enforce: strict}", 1)]
    [InlineData("{pod-security.kubernetes.io/enforce: strict}", "{pod-security.kubernetes.io/enforce: strict, a: b}", 0)]
    [InlineData("{pod-security.kubernetes.io/enforce: strict}", "{pod-security.kubernetes.io/enforce: strikt}", 1)]
    [InlineData("{pod-security.kubernetes.io/enforce: strict}", "{pod-security.kubernetes.io/enforce: restricted}", 0)]
    public void Labels_are_checked_where_they_change(string before, string after, int errors)
    {
        Assert.Equal(errors, s_admission.ValidateNamespace(Documents.Namespace(after), Documents.Namespace(before)).Count);
        Assert.Equal(after.Contains("stri", StringComparison.Ordinal) && !after.Contains("restricted", StringComparison.Ordinal) ? 1 : 0, s_admission.ValidateNamespace(Documents.Namespace(after), null).Count);
    }

    [Fact]
    public void A_stricter_label_names_the_pods_that_violate_it_by_reason()
    {
        JsonObject[] pods =
        [
            Documents.Pod(Privileged, "{name: z}"), Documents.Pod(Privileged, "{name: v}"), Documents.Pod(Plain, "{name: fine}"),
            Documents.Pod(Privileged, "{name: x}"), Documents.Pod("{hostPID: true, containers: [{name: c}]}", "{name: b}"),
            Documents.Pod("{hostPID: true, containers: [{name: c}]}", "{name: a}"), Documents.Pod("{hostNetwork: true, containers: [{name: c, securityContext: {privileged: true}}]}", "{name: q}"),
        ];
        Assert.Equal(
            [
                "existing pods in namespace \"shop\" violate the new PodSecurity enforce level \"baseline:latest\"",
                "a (and 1 other pod): host namespaces",
                "q: host namespaces, privileged",
                "v (and 2 other pods): privileged",
            ],
            s_admission.WarnOfNamespace(Documents.Namespace("{pod-security.kubernetes.io/enforce: baseline}"), Documents.Namespace("{}"), () => pods));
    }

    [Theory]
    [InlineData("{pod-security.kubernetes.io/enforce: baseline}", "{pod-security.kubernetes.io/enforce: baseline, a: b}")]
    [InlineData("{pod-security.kubernetes.io/enforce: restricted}", "{pod-security.kubernetes.io/enforce: baseline}")]
    [InlineData("{pod-security.kubernetes.io/enforce: restricted}", "{}")]
    [InlineData("{}", "{pod-security.kubernetes.io/warn: restricted}")]
    public void Other_changes_look_at_no_pods(string before, string after) => Assert.Empty(s_admission.WarnOfNamespace(
        Documents.Namespace(after), Documents.Namespace(before), () => throw new InvalidOperationException("the pods were listed")));

    [Fact]
    public void Labels_of_an_exempt_namespace_are_said_to_be_ignored()
    {
        const string labels = "{pod-security.kubernetes.io/enforce: baseline, pod-security.kubernetes.io/warn-version: v1.30, pod-security.kubernetes.io/audit: restricted}";
        string[] expected = ["namespace \"kube-system\" is exempt from Pod Security, and the policy (enforce=baseline:latest, audit=restricted:latest) will be ignored"];
        var ns = Documents.Namespace(labels, "kube-system");
        Assert.Equal(expected, s_admission.WarnOfNamespace(ns, null, () => []));
        Assert.Equal(expected, s_admission.WarnOfNamespace(ns, Documents.Namespace("{}", "kube-system"), () => throw new InvalidOperationException("the pods were listed")));
        Assert.Empty(s_admission.WarnOfNamespace(Documents.Namespace("{}", "kube-system"), null, () => []));
    }
}
