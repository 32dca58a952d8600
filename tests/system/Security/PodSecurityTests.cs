using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Security;

/// <summary>Pod Security Standards as a user of the command line and a reader of the log meet them.</summary>
public sealed class PodSecurityTests
{
    private const string Pod = """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"NAME","namespace":"SPACE"},"spec":{"hostPID":true,"containers":[{"name":"c","image":"busybox","command":["true"]}],"restartPolicy":"Never"}}""";

    [Fact]
    public async Task Labels_defaults_and_exemptions_refuse_warn_and_note()
    {
        await using var insula = await Instance.StartAsync(
            """
            pod-security-enforce: baseline:v1.30
            pod-security-audit: restricted
            pod-security-exempt: kube-system
            """);
        await insula.ApplyAsync(Space("strict", ("enforce", "restricted")));
        await insula.ApplyAsync(Space("open", ("enforce", "privileged"), ("warn", "baseline")));

        Assert.Contains(
            "pods \"p\" is forbidden: violates PodSecurity \"baseline:v1.30\": host namespaces (hostPID=true)", await RefusedAsync("default"), StringComparison.Ordinal);
        Assert.Contains(
            "pods \"p\" is forbidden: violates PodSecurity \"restricted:v1.30\": host namespaces (hostPID=true), allowPrivilegeEscalation != false (container \"c\" must set", await RefusedAsync("strict"), StringComparison.Ordinal);
        Assert.Null(await insula.Api.FindPodAsync("p"));

        var warned = await insula.CliWithInputAsync(Named("p", "open"), "apply", "-f", "-");
        Assert.Equal("pod/p created\n", warned.Succeeded());
        Assert.Contains("Warning: would violate PodSecurity \"baseline:latest\": host namespaces (hostPID=true)\n", warned.Error, StringComparison.Ordinal);

        var labelled = await insula.CliWithInputAsync(Space("open", ("enforce", "baseline")), "apply", "-f", "-");
        labelled.Succeeded();
        Assert.Contains("Warning: existing pods in namespace \"open\" violate the new PodSecurity enforce level \"baseline:v1.30\"\nWarning: p: host namespaces\n", labelled.Error, StringComparison.Ordinal);

        var exempt = await insula.CliWithInputAsync(Named("p", "kube-system"), "apply", "-f", "-");
        Assert.Equal(("pod/p created\n", ""), (exempt.Succeeded(), exempt.Error));

        var audit = insula.DaemonLog.Split('\n').Where(l => l.Contains(" audit uid=0 ", StringComparison.Ordinal)).ToList();
        Assert.Contains(audit, l => l.Contains("/namespaces/default/pods/p 403 enforce-policy=\"baseline:v1.30\" audit-violations=\"would violate PodSecurity \\\"restricted:latest\\\": host namespaces", StringComparison.Ordinal));
        Assert.Contains(audit, l => l.Contains("/namespaces/open/pods/p 201 enforce-policy=\"privileged:v1.30\" audit-violations=", StringComparison.Ordinal));
        Assert.Contains(audit, l => l.EndsWith("/namespaces/kube-system/pods/p 201 exempt=\"namespace\"", StringComparison.Ordinal));

        async Task<string> RefusedAsync(string space) => (await insula.CliWithInputAsync(Named("p", space), "apply", "-f", "-")).Failed();
    }

    private static string Named(string name, string space) =>
        Pod.Replace("NAME", name, StringComparison.Ordinal).Replace("SPACE", space, StringComparison.Ordinal);

    private static string Space(string name, params (string Mode, string Level)[] labels) =>
        new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Namespace",
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["labels"] = new JsonObject(labels.Select(l => KeyValuePair.Create($"pod-security.kubernetes.io/{l.Mode}", (JsonNode?)l.Level))),
            },
        }.ToJsonString();
}
