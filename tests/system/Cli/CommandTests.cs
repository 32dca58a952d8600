using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Cli;

/// <summary>The commands' words and outputs, against the real daemon.</summary>
public sealed class CommandTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Describe_tells_a_pod_in_words_with_its_events()
    {
        await _insula.ApplyAsync(Manifests.Pod("told", Manifests.Forever,
            container: new
            {
                env = new[] { new { name = "WHO", value = "me" } },
                resources = new { limits = new { memory = "32Mi" } },
                livenessProbe = new { exec = new { command = new[] { "true" } }, periodSeconds = 5 },
                volumeMounts = new[] { new { name = "disk", mountPath = "/disk", readOnly = true } },
            },
            spec: new { volumes = new[] { new { name = "disk", emptyDir = new { } } } },
            metadata: new { labels = new { tier = "front" } }));
        var pod = await _insula.WaitForReadyAsync("told");
        await Processes.KillAsync(_insula, pod, "main");
        pod = await _insula.WaitForPodAsync("told", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "restarted");
        var words = (await _insula.CliAsync("describe", "pod", "told")).Succeeded();
        foreach (var text in (string[])[
            "told", "tier=front", Pods.Address(pod), "Burstable", "Running since", "Terminated: Error, exit code 137", "memory", "32Mi", "WHO=me",
            "exec [\"true\"]", "period=5s", "/disk from disk (ro)", "Ready", "ContainersReady", "PodScheduled", "Events:", "Started", "Created"])
        {
            Assert.Contains(text, words, StringComparison.Ordinal);
        }

        Assert.Contains("not found", (await _insula.CliAsync("describe", "pod", "nobody")).Failed(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("told");
    }

    [Fact]
    public async Task Objects_are_run_labelled_annotated_patched_and_edited()
    {
        (await _insula.CliAsync("run", "worded", "--image", "busybox", "--env", "WHO=me", "--labels", "tier=front", "--restart", "Never", "--", "sh", "-c", "echo $WHO; sleep 1000")).Succeeded();
        var pod = await _insula.WaitForReadyAsync("worded");
        Assert.Equal("Never", (string?)pod["spec"]!["restartPolicy"]);
        await _insula.OutputIsAsync("me\n", "logs", "worded");
        Assert.Contains("is not NAME=VALUE", (await _insula.CliAsync("run", "x", "--image", "busybox", "--env", "A")).Failed(), StringComparison.Ordinal);

        Assert.Equal("pod/worded labeled\n", (await _insula.CliAsync("label", "pod", "worded", "tier=front", "team=a")).Succeeded());
        Assert.Contains("give --overwrite", (await _insula.CliAsync("label", "pod", "worded", "tier=back")).Failed(), StringComparison.Ordinal);
        (await _insula.CliAsync("label", "pods", "-l", "team=a", "tier=back", "team-", "--overwrite")).Succeeded();
        (await _insula.CliAsync("annotate", "pod/worded", "note=for you = all", "gone-")).Succeeded();
        (await _insula.CliAsync("patch", "pod", "worded", "-p", """{"metadata":{"labels":{"patched":"yes"}}}""")).Succeeded();
        Assert.Contains("not JSON", (await _insula.CliAsync("patch", "pod", "worded", "-p", "{")).Failed(), StringComparison.Ordinal);
        var metadata = (await _insula.Api.FindPodAsync("worded"))!["metadata"]!;
        Assert.Equal("""{"patched":"yes","tier":"back"}""", Sorted(metadata["labels"]!));
        Assert.Equal("for you = all", (string?)metadata["annotations"]!["note"]);

        async Task<CommandResult> EditAsync(string editor) => await Commands.RunAsync(
            Repository.Program("insula"), ["edit", "pod/worded"], null, new Dictionary<string, string> { ["INSULA_SOCKET"] = _insula.Socket, ["INSULA_EDITOR"] = editor });
        Assert.Equal("pod/worded edited\n", (await EditAsync("sed -i s/tier:.back/tier:\\ edited/")).Succeeded());
        Assert.Equal("edited", (string?)(await _insula.Api.FindPodAsync("worded"))!["metadata"]!["labels"]!["tier"]);
        Assert.Contains("left as it is", (await EditAsync("true")).Error, StringComparison.Ordinal);
        Assert.Contains("nothing is changed", (await EditAsync("false")).Failed(), StringComparison.Ordinal);
        var refused = (await EditAsync("sed -i s/name:.worded/name:\\ other/")).Failed();
        Assert.Contains("cannot be changed", refused, StringComparison.Ordinal);
        foreach (var left in Directory.GetDirectories(Path.GetTempPath(), "insula-edit-*").Where(d => File.Exists(Path.Combine(d, "worded.yaml"))))
        {
            Directory.Delete(left, recursive: true);
        }

        await _insula.DeletePodAsync("worded");
    }

    private static string Sorted(JsonNode labels) => new JsonObject(labels.AsObject().OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => KeyValuePair.Create(l.Key, l.Value?.DeepClone()))).ToJsonString();

    [Fact]
    public async Task Logs_and_exec_take_a_workload_for_one_of_its_pods()
    {
        (await _insula.CliAsync("create", "deployment", "many", "--image", "busybox", "--replicas", "2", "--", "sh", "-c", $"echo told; {Manifests.Forever}")).Succeeded();
        (await _insula.CliAsync("rollout", "status", "deployment/many")).Succeeded();
        var logs = await _insula.CliAsync("logs", "deployment/many");
        Assert.Equal("told\n", logs.Succeeded());
        Assert.Matches("^Found 2 pods, using pod/many-", logs.Error);
        Assert.Equal("here\n", (await _insula.CliAsync("exec", "deploy/many", "--", "echo", "here")).Succeeded());
        Assert.Contains("has no pods of its own", (await _insula.CliAsync("logs", "namespace/default")).Failed(), StringComparison.Ordinal);
        (await _insula.CliAsync("scale", "deployment", "many", "--replicas", "0")).Succeeded();
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("logs", "deployment/many")).Error.Contains("has no pods now", StringComparison.Ordinal), "no pods");
        (await _insula.CliAsync("delete", "deployment", "many")).Succeeded();
    }

    [Fact]
    public async Task Get_shows_objects_in_every_form()
    {
        await _insula.ApplyAsync(Manifests.Pod("form-a", Manifests.Forever, metadata: new { labels = new { form = "one", side = "left" } }));
        await _insula.ApplyAsync(Manifests.Pod("form-b", Manifests.Forever, metadata: new { labels = new { form = "one", side = "right" } }));
        var pod = await _insula.WaitForReadyAsync("form-a");
        await _insula.WaitForReadyAsync("form-b");
        Assert.Equal("pod/form-a\npod/form-b\n", await GetAsync("pods", "-l", "form=one", "-o", "name"));
        Assert.Equal("pod/form-b\n", await GetAsync("po", "-l", "form=one,side!=left", "-o", "name"));
        Assert.Equal(Pods.Address(pod), (await GetAsync("pod/form-a", "-o", "jsonpath={.status.podIP}")).Trim());
        Assert.Equal("form-a form-b", (await GetAsync("pods", "-l", "form in (one)", "-o", "jsonpath={.items[*].metadata.name}")).Trim());
        Assert.Equal(Pods.Uid(pod), (string?)JsonNode.Parse(await GetAsync("pod", "form-a", "-o", "json"))!["metadata"]!["uid"]);
        Assert.Matches($"\n  uid: \"?{Pods.Uid(pod)}\"?\n", await GetAsync("pod", "form-a", "-o", "yaml"));
        var wide = await GetAsync("pods", "-o", "wide");
        Assert.Matches(@"^NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\s+IP", wide);
        Assert.Contains(Pods.Address(pod), wide, StringComparison.Ordinal);
        Assert.Matches(@"NAMESPACE\s+NAME", await GetAsync("pods", "-A"));
        Assert.Contains("side=left", await GetAsync("pods", "--show-labels"), StringComparison.Ordinal);

        // What was got can be applied again, and is what it was.
        var yaml = await GetAsync("pod", "form-a", "-o", "yaml");
        Assert.Contains("pod/form-a", (await _insula.CliWithInputAsync(yaml, "apply", "-f", "-")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("\"form-a\" deleted", (await _insula.CliAsync("delete", "pods", "-l", "form=one")).Succeeded().Replace("pod/form-a", "\"form-a\"", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("form-", await GetAsync("pods"), StringComparison.Ordinal);

        async Task<string> GetAsync(params string[] words) => (await _insula.CliAsync(["get", .. words])).Succeeded();
    }

    [Fact]
    public async Task Create_replace_and_delete_by_file()
    {
        var manifest = Manifests.Pod("filed", Manifests.Forever, metadata: new { labels = new { version = "1" } });
        Assert.Contains("pod/filed created", (await _insula.CliWithInputAsync(manifest, "create", "-f", "-")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("already exists", (await _insula.CliWithInputAsync(manifest, "create", "-f", "-")).Failed(), StringComparison.Ordinal);
        var changed = manifest.Replace("\"version\":\"1\"", "\"version\":\"2\"", StringComparison.Ordinal);
        Assert.Contains("pod/filed replaced", (await _insula.CliWithInputAsync(changed, "replace", "-f", "-")).Succeeded(), StringComparison.Ordinal);
        Assert.Equal("2", (string?)(await _insula.Api.FindPodAsync("filed"))!["metadata"]!["labels"]!["version"]);
        var third = manifest.Replace("\"version\":\"1\"", "\"version\":\"3\"", StringComparison.Ordinal);
        Assert.Contains("pod/filed", (await _insula.CliWithInputAsync(third, "apply", "--dry-run=server", "-f", "-")).Succeeded(), StringComparison.Ordinal);
        Assert.Equal("2", (string?)(await _insula.Api.FindPodAsync("filed"))!["metadata"]!["labels"]!["version"]);
        Assert.Contains("pod/filed configured", (await _insula.CliWithInputAsync(third, "apply", "-f", "-")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("pod/filed unchanged", (await _insula.CliWithInputAsync(third, "apply", "-f", "-")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("deleted", (await _insula.CliWithInputAsync(manifest, "delete", "-f", "-")).Succeeded(), StringComparison.Ordinal);
        Assert.Null(await _insula.Api.FindPodAsync("filed"));
        Assert.Contains("not found", (await _insula.CliAsync("delete", "pod", "filed")).Failed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_begins_with_its_namespace_is_deleted_whole()
    {
        const string File =
            """
            {apiVersion: v1, kind: Namespace, metadata: {name: whole}}
            ---
            {apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: whole}, data: {a: b}}
            ---
            {apiVersion: v1, kind: Secret, metadata: {name: key, namespace: whole}}
            """;
        (await _insula.CliWithInputAsync(File, "apply", "-f", "-")).Succeeded();
        var deleted = await _insula.CliWithInputAsync(File, "delete", "-f", "-");
        Assert.Equal("configmap/settings deleted\nsecret/key deleted\nnamespace/whole deleted\n", deleted.Succeeded());
        Assert.Empty(deleted.Error);
    }

    [Fact]
    public async Task Kinds_without_meaning_here_are_stored_with_a_warning()
    {
        const string Manifest =
            """
            apiVersion: v1
            kind: ServiceAccount
            metadata: { name: robot }
            ---
            apiVersion: node.k8s.io/v1
            kind: RuntimeClass
            metadata: { name: robust }
            handler: other
            """;
        var applied = await _insula.CliWithInputAsync(Manifest, "apply", "-f", "-");
        Assert.Contains("serviceaccount/robot created", applied.Succeeded(), StringComparison.Ordinal);
        Assert.Contains("robust created", applied.Output, StringComparison.Ordinal);
        Assert.Contains("Warning: ", applied.Error, StringComparison.Ordinal);
        Assert.Contains("there is one runtime", applied.Error, StringComparison.Ordinal);
        Assert.Contains("robot", (await _insula.CliAsync("get", "sa")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("handler: other", (await _insula.CliAsync("get", "runtimeclass", "robust", "-o", "yaml")).Succeeded(), StringComparison.Ordinal);
        (await _insula.CliWithInputAsync(Manifest, "delete", "-f", "-")).Succeeded();
        Assert.DoesNotContain("robot", (await _insula.CliAsync("get", "sa")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{apiVersion: v1, kind: PodTemplate, metadata: {name: d}}", "PodTemplate")]
    [InlineData("{apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: s}, spec: {}}", "CSIDriver")]
    [InlineData("{apiVersion: example.com/v1, kind: Gadget, metadata: {name: g}}", "Gadget")]
    public async Task Other_kinds_are_refused_before_anything_of_the_file_is_created(string document, string kind)
    {
        var file = Manifests.Pod("before", Manifests.Forever) + "\n---\n" + document + "\n---\n" + Manifests.Pod("after", Manifests.Forever);
        foreach (var verb in (string[])["apply", "create"])
        {
            Assert.Contains(kind, (await _insula.CliWithInputAsync(file, verb, "-f", "-")).Failed(), StringComparison.Ordinal);
            Assert.Null(await _insula.Api.FindPodAsync("before"));
            Assert.Null(await _insula.Api.FindPodAsync("after"));
        }
    }

    [Fact]
    public async Task Fields_without_meaning_here_warn_and_the_pod_runs()
    {
        var applied = await _insula.CliWithInputAsync(
            Manifests.Pod("warned", Manifests.Forever, spec: new
            {
                nodeSelector = new { disk = "ssd" },
                runtimeClassName = "other",
            }), "apply", "-f", "-");
        applied.Succeeded();
        foreach (var field in (string[])["spec.nodeSelector", "spec.runtimeClassName"])
        {
            Assert.Contains(field, applied.Error, StringComparison.Ordinal);
        }

        Assert.Contains("Warning: ", applied.Error, StringComparison.Ordinal);
        await _insula.WaitForReadyAsync("warned");
        await _insula.DeletePodAsync("warned");
    }

    [Fact]
    public async Task Explain_validate_images_and_completion()
    {
        var explained = (await _insula.CliAsync("explain", "pod.spec.containers.livenessProbe")).Succeeded();
        Assert.Contains("httpGet", explained, StringComparison.Ordinal);
        Assert.Contains("failureThreshold", explained, StringComparison.Ordinal);
        var example = Path.Combine(Repository.Root, "examples", "hello.yaml");
        (await _insula.CliAsync("validate", "-f", example)).Succeeded();
        Assert.Contains("spec.containers[0].imag", (await _insula.CliWithInputAsync(
            "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, imag: b}]}}", "validate", "-f", "-")).Failed(), StringComparison.Ordinal);
        (await _insula.CliAsync("load", Repository.Image("busybox"), "--name", "example.com/extra:1")).Succeeded();
        Assert.Contains("example.com/extra", (await _insula.CliAsync("images")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("complet", (await _insula.CliAsync("completion", "bash")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("did you mean", (await _insula.CliAsync("gett", "pods")).Failed(), StringComparison.OrdinalIgnoreCase);
    }
}
