using System.Diagnostics;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Configs;

/// <summary>Variables from ConfigMaps, Secrets and the pod's own fields, seen in the process's environment.</summary>
public sealed class ConfigTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Variables_come_from_where_the_manifest_says()
    {
        (await _insula.CliAsync("create", "configmap", "vars", "--from-literal", "color=blue", "--from-literal", "size=1=2")).Succeeded();
        (await _insula.CliAsync("create", "secret", "generic", "vars", "--from-literal", "pass=hush-hush")).Succeeded();
        await _insula.ApplyAsync(Manifests.Pod("vars", Manifests.Forever, metadata: new { labels = new { app = "shop" } }, container: new
        {
            resources = new { limits = new { cpu = "250m", memory = "64Mi" } },
            envFrom = new object[] { new { prefix = "M_", configMapRef = new { name = "vars" } } },
            env = new object[]
            {
                Var("PASS", new { secretKeyRef = new { name = "vars", key = "pass" } }),
                Var("NAME", new { fieldRef = new { fieldPath = "metadata.name" } }),
                Var("APP", new { fieldRef = new { fieldPath = "metadata.labels['app']" } }),
                Var("IP", new { fieldRef = new { fieldPath = "status.podIP" } }),
                Var("CPU", new { resourceFieldRef = new { resource = "limits.cpu", divisor = "1m" } }),
                Var("MEM", new { resourceFieldRef = new { resource = "limits.memory", divisor = "1Mi" } }),
                Var("NONE", new { configMapKeyRef = new { name = "nothing", key = "x", optional = true } }),
            },
        }));
        var pod = await _insula.WaitForReadyAsync("vars");
        var environment = await EnvironmentAsync(pod);
        Assert.Superset(
            new HashSet<string> { "M_color=blue", "M_size=1=2", "PASS=hush-hush", "NAME=vars", "APP=shop", $"IP={Pods.Address(pod)}", "CPU=250", "MEM=64" }, environment);
        Assert.DoesNotContain(environment, e => e.StartsWith("NONE", StringComparison.Ordinal));

        // Nobody but the container is told.
        foreach (var words in (string[][])[["describe", "pod", "vars"], ["describe", "secret", "vars"], ["get", "pod", "vars", "-o", "yaml"], ["events"], ["get", "secrets"]])
        {
            var shown = (await _insula.CliAsync(words)).Succeeded();
            Assert.DoesNotContain("hush", shown, StringComparison.Ordinal);
            Assert.DoesNotContain("aHVzaC1odXNo", shown, StringComparison.Ordinal);
        }

        Assert.Contains("9 bytes", (await _insula.CliAsync("describe", "secret", "vars")).Succeeded(), StringComparison.Ordinal);
        Assert.DoesNotContain("hush", _insula.DaemonLog, StringComparison.Ordinal);

        // Commands have what the container was started with, though it has changed and the daemon is another.
        (await _insula.CliAsync("delete", "configmap", "vars")).Succeeded();
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        Assert.Equal("blue hush-hush\n", (await _insula.CliAsync("exec", "vars", "--", "sh", "-c", "echo $M_color $PASS")).Succeeded());
        await _insula.DeletePodAsync("vars");
    }

    [Theory]
    [InlineData("map", "configmap", """{"name":"A","valueFrom":{"configMapKeyRef":{"name":"late-map","key":"k"}}}""", "configmap \"late-map\" not found")]
    [InlineData("secret", "secret", """{"name":"A","valueFrom":{"secretKeyRef":{"name":"late-secret","key":"k"}}}""", "secret \"late-secret\" not found")]
    public async Task A_pod_waits_for_what_it_names_and_goes_on_when_it_appears(string name, string kind, string variable, string message)
    {
        await _insula.ApplyAsync(Manifests.Pod($"late-{name}", Manifests.Forever, container: new { env = new[] { JsonNode.Parse(variable) } }));
        var pod = await _insula.WaitForPodAsync(
            $"late-{name}", p => (string?)Pods.Container(p, "main")?["state"]?["waiting"]?["reason"] == "CreateContainerConfigError", "waits");
        Assert.Equal(message, (string?)Pods.Container(pod, "main")!["state"]!["waiting"]!["message"]);
        Assert.Equal("Pending", Pods.Phase(pod));

        // A key that is missing is waited for, too; the back-off has grown by then to more than the test waits.
        string[] create = kind == "secret" ? ["create", "secret", "generic", "late-secret"] : ["create", "configmap", "late-map"];
        (await _insula.CliAsync([.. create, "--from-literal", "other=1"])).Succeeded();
        await _insula.WaitForPodAsync($"late-{name}", p => ((string?)Pods.Container(p, "main")?["state"]?["waiting"]?["message"] ?? "").StartsWith("couldn't find key k", StringComparison.Ordinal), "waits for the key");
        var (code, body) = await _insula.Api.SendAsync(
            HttpMethod.Patch, $"/api/v1/namespaces/default/{kind}s/late-{name}", JsonNode.Parse(kind == "secret" ? """{"stringData":{"k":"here"}}""" : """{"data":{"k":"here"}}"""), "application/merge-patch+json");
        Assert.True((int)code == 200, $"{body}");
        pod = await _insula.WaitForReadyAsync($"late-{name}");
        Assert.Contains("A=here", await EnvironmentAsync(pod));
        Assert.Equal(0, Pods.Restarts(pod, "main"));
        await _insula.DeletePodAsync($"late-{name}");
    }

    [Fact]
    public async Task SubPathExpr_gives_each_pod_its_own_part_of_a_volume()
    {
        var directory = Directory.CreateTempSubdirectory("insula-subpath-").FullName;
        try
        {
            await _insula.ApplyAsync(Manifests.Pod("expr", "echo hi > /data/file; " + Manifests.Forever, spec: new { volumes = new[] { new { name = "d", hostPath = new { path = directory } } } }, container: new
            {
                env = new object[] { Var("NAME", new { fieldRef = new { fieldPath = "metadata.name" } }) },
                volumeMounts = new[] { new { name = "d", mountPath = "/data", subPathExpr = "logs/$(NAME)" } },
            }));
            await _insula.WaitForReadyAsync("expr");
            await Eventually.TrueAsync(() => File.Exists(Path.Combine(directory, "logs/expr/file")), "it has written in its part");
            await _insula.DeletePodAsync("expr");

            await _insula.ApplyAsync(Manifests.Pod("unknown", Manifests.Forever, spec: new { volumes = new[] { new { name = "d", emptyDir = new { } } } }, container: new
            {
                volumeMounts = new[] { new { name = "d", mountPath = "/data", subPathExpr = "$(NOBODY)" } },
            }));
            var pod = await _insula.WaitForPodAsync("unknown", p => (string?)Pods.Container(p, "main")?["state"]?["waiting"]?["reason"] == "CreateContainerConfigError", "waits");
            Assert.Contains("missing value for \"NOBODY\"", (string?)Pods.Container(pod, "main")!["state"]!["waiting"]!["message"], StringComparison.Ordinal);
            await _insula.DeletePodAsync("unknown");
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static object Var(string name, object valueFrom) => new { name, valueFrom };

    private async Task<HashSet<string>> EnvironmentAsync(JsonNode pod) =>
        [.. (await File.ReadAllTextAsync($"/proc/{Processes.MainOf(_insula, pod, "main")}/environ")).Split('\0')];
}
