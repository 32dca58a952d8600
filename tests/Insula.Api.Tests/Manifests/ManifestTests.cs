using System.Text;
using Insula.Api.Kinds;
using Insula.Api.Manifests;

namespace Insula.Api.Tests.Manifests;

public sealed class ManifestTests
{
    [Fact]
    public void Fields_that_Kubernetes_does_not_have_are_told_to_who_asks()
    {
        var file = Manifest.Parse(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: a}
            spec:
              containers:
              - name: c
                image: busybox
                readinessProbe:
                  tcpSocket: {port: 80}
                  periodMilliseconds: 50
            """u8);
        Assert.Empty(file.Problems());
        Assert.Equal(["line 10: spec.containers[0].readinessProbe.periodMilliseconds: Kubernetes does not have this field"], file.Unportable());
    }

    [Fact]
    public void A_misspelt_field_is_an_error_by_path_and_line_with_a_suggestion()
    {
        var file = Manifest.Parse("""
            apiVersion: v1
            kind: Pod
            metadata: {name: web}
            spec:
              containers:
              - name: a
                image: busybox
                livenessProbe:
                  httpGt: {port: 80}
            """);
        Assert.Equal(["line 9: spec.containers[0].livenessProbe.httpGt: unknown field, did you mean \"httpGet\"?"], file.Problems());
    }

    [Theory]
    [InlineData("spec: {containers: [{name: a, image: b, command: sh}]}", "spec.containers[0].command: expected a list, found the string \"sh\"")]
    [InlineData("spec: {containers: {name: a}}", "spec.containers: expected a list, found an object; begin each item with \"- \"")]
    [InlineData("spec: {containers: [{name: a, image: b, env: [{name: X, value: 8080}]}]}", "spec.containers[0].env[0].value: expected a string, found the number 8080; put it in quotes")]
    [InlineData("spec: {containers: [{name: a, image: b, env: [{name: X, value: yes}]}]}", "spec.containers[0].env[0].value: expected a string, found the boolean true; put it in quotes")]
    [InlineData("spec: {containers: [{name: a, image: b, ports: [{containerPort: \"80\"}]}]}", "spec.containers[0].ports[0].containerPort: expected an integer, found the string \"80\"; write it without quotes")]
    [InlineData("spec: {containers: [{name: a, image: b, ports: [{containerPort: 99999999999}]}]}", "spec.containers[0].ports[0].containerPort: the number 99999999999 is out of range")]
    [InlineData("spec: {hostNetwork: \"true\", containers: [{name: a, image: b}]}", "spec.hostNetwork: expected true or false, found the string \"true\"; write it without quotes")]
    [InlineData("spec: {containers: [{name: a, image: b, resources: {limits: {memory: 64MB}}}]}", "spec.containers[0].resources.limits[memory]: Invalid value: \"64MB\": no quantity")]
    [InlineData("spec: {containers: [null]}", "spec.containers[0]: Required value")]
    [InlineData("spec: {containers: [{name: a}]}", "spec.containers[0].image: Required value")]
    [InlineData("spec: {restartPolicy: always, containers: [{name: a, image: b}]}", "spec.restartPolicy: Unsupported value: \"always\": supported values: \"Always\", \"OnFailure\", \"Never\"; did you mean \"Always\"?")]
    [InlineData("spec: {containers: [{name: a, image: b, restartPolicy: Sometimes}]}", "spec.containers[0].restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"OnFailure\", \"Never\"")]
    [InlineData("spec: {initContainers: [{name: i, image: b, restartPolicy: Seldom}], containers: [{name: a, image: b}]}", "spec.initContainers[0].restartPolicy: Unsupported value: \"Seldom\"")]
    [InlineData("spec: {containers: [{name: a, image: b, restartPolicy: Never, restartPolicyRules: [{action: Restart}]}]}", "spec.containers[0].restartPolicyRules[0].exitCodes: Required value")]
    [InlineData("spec: {containers: [{name: a, image: b, restartPolicy: Never, restartPolicyRules: [{action: Stop, exitCodes: {operator: In, values: [1]}}]}]}", "spec.containers[0].restartPolicyRules[0].action: Unsupported value: \"Stop\": supported values: \"Restart\", \"RestartAllContainers\"")]
    [InlineData("spec: {containers: [{name: a, image: b, restartPolicy: Never, restartPolicyRules: [{action: Restart, exitCodes: {operator: Is, values: [1]}}]}]}", "spec.containers[0].restartPolicyRules[0].exitCodes.operator: Unsupported value: \"Is\": supported values: \"In\", \"NotIn\"")]
    [InlineData("spec: {initContainers: [{name: a}], containers: [{name: a, image: b}]}", "spec.initContainers[0].image: Required value")]
    [InlineData("spec: {volumes: [{name: v, nfs: {server: s, path: /}}], containers: [{name: a, image: b}]}", "spec.volumes[0].nfs: not supported: Insula has no driver for it; mount it on the host and use hostPath")]
    [InlineData("spec: {containers: [{name: a, image: b, ports: [{containerPort: 80, hostPort: http}]}]}", "spec.containers[0].ports[0].hostPort: expected an integer")]
    [InlineData("spec: {volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: t}}]}}], containers: [{name: a, image: b}]}", "spec.volumes[0].projected.sources[0].serviceAccountToken: not supported: pods have no identity towards the API")]
    [InlineData("spec: {containers: [{name: a, image: b, lifecycle: {preStop: {tcpSocket: {port: 80}}}}]}", "spec.containers[0].lifecycle.preStop.tcpSocket: not supported: deprecated, and no kubelet runs it")]
    [InlineData("metadata: {creationTimestamp: today}", "metadata.creationTimestamp: expected a time")]
    public void Wrong_values_are_errors_by_path(string part, string expected)
    {
        var text = part.StartsWith("metadata", StringComparison.Ordinal)
            ? $"apiVersion: v1\nkind: Pod\n{part}\nspec: {{containers: [{{name: a, image: b}}]}}\n"
            : $"apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\n{part}\n";
        var problem = Assert.Single(Manifest.Parse(text).Problems());
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{repository: 'https://example.com/r.git', revision: x, directory: .}")]
    [InlineData("{}")]
    public void A_git_repository_is_not_cloned_but_refused_with_what_to_do_instead(string source)
    {
        var text = $"apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec: {{volumes: [{{name: v, gitRepo: {source}}}], containers: [{{name: a, image: b}}]}}\n";
        Assert.Contains("spec.volumes[0].gitRepo: not supported: clone it in a container into an emptyDir", string.Join('\n', Manifest.Parse(text).Problems()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("terminationMessagePath: /dev/termination-log")]
    [InlineData("stdin: false")]
    [InlineData("tty: null")]
    [InlineData("envFrom: []")]
    [InlineData("securityContext: {procMount: Default}")]
    public void Values_that_ask_for_nothing_are_accepted(string line)
    {
        var file = Manifest.Parse($"apiVersion: v1\nkind: Pod\nmetadata: {{name: w}}\nspec:\n  hostUsers: true\n  containers:\n  - name: a\n    image: b\n    {line}\n");
        Assert.Empty(file.Problems());
        Assert.Empty(file.Warnings());
    }

    [Fact]
    public void Fields_without_meaning_draw_a_warning_and_are_still_read_strictly()
    {
        var file = Manifest.Parse("apiVersion: v1\nkind: Pod\nmetadata: {name: w}\nspec:\n  nodeSelector: {disk: ssd}\n  tolerations: [{oprator: Exists}]\n  containers: [{name: a, image: b}]\n");
        Assert.Equal(["line 6: spec.tolerations[0].oprator: unknown field, did you mean \"operator\"?"], file.Problems());
        Assert.Contains("line 5: spec.nodeSelector: has no effect: there is one machine and no scheduler", file.Warnings());
    }

    [Theory]
    [InlineData("kind: Pod\napiVersion: v2", "apiVersion: Pod is in \"v1\", not in \"v2\"")]
    [InlineData("kind: Pdo\napiVersion: v1", "kind: unknown kind \"Pdo\" in \"v1\", did you mean \"Pod\"?")]
    [InlineData("kind: CSIDriver\napiVersion: storage.k8s.io/v1", "kind: CSIDriver is refused: not supported yet")]
    [InlineData("apiVersion: v1", "kind: Required value")]
    [InlineData("- a", "expected an object with apiVersion and kind, found a list")]
    public void Kinds_are_told_apart(string text, string expected) =>
        Assert.Contains(expected, string.Join('\n', Manifest.Parse(text).Problems()), StringComparison.Ordinal);

    [Fact]
    public void Stored_kinds_are_kept_whole_with_a_warning()
    {
        var file = Manifest.Parse("kind: Role\napiVersion: rbac.authorization.k8s.io/v1\nmetadata: {name: r}\nrules: [{verbs: [get]}]\n");
        Assert.True(file.IsValid);
        Assert.Equal(KindSupport.Stored, file.Documents[0].Kind!.Support);
        Assert.Equal("get", file.Documents[0].Object["rules"]![0]!["verbs"]![0]!.GetValue<string>());
        Assert.Contains("stored without effect", Assert.Single(file.Warnings()), StringComparison.Ordinal);
    }

    [Fact]
    public void Several_documents_lists_and_empty_ones()
    {
        var file = Manifest.Parse("---\n# nothing\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n---\nkind: List\napiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Namespace\n  metadata: {name: b}\n- apiVersion: v1\n  kind: Namespace\n  metadata: {nam: c}\n");
        Assert.Equal(["a", "b", ""], file.Documents.Select(d => d.Name));
        Assert.Equal([4, 11, 14], file.Documents.Select(d => d.Line));
        Assert.Equal(["line 16: metadata.nam: unknown field, did you mean \"name\"?"], file.Problems());
    }

    [Fact]
    public void Json_is_read_with_lines_and_duplicates_are_refused()
    {
        Assert.True(Manifest.Parse("{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"a\"}}\n{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"b\"}}").IsValid);
        Assert.Equal("line 3: kind: the field is given twice", Manifest.Parse("{\"apiVersion\":\"v1\",\n\"kind\":\"Namespace\",\n\"kind\":\"Pod\"}").Failure!.Message);
        Assert.Contains("not valid JSON", Manifest.Parse("{\"a\": [}").Failure!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: 1\na: 2", "line 2: a: the field is given twice")]
    [InlineData("a: [", "not valid YAML")]
    [InlineData("a:\n\tb: c", "not valid YAML")]
    [InlineData("a: *b", "the alias *b names nothing")]
    [InlineData("a: !foo x", "the tag \"!foo\" is not known")]
    [InlineData("? [a]\n: b", "a key must be a plain word")]
    [InlineData("a: \"x\\0y\"", "holds a NUL character")]
    [InlineData("a: &a [*a]", "the alias *a names nothing")]
    [InlineData("a: *b\u009b2Jc", "the alias *b\\u009b2Jc names nothing")]
    public void Broken_yaml_is_refused_with_the_line(string text, string expected) =>
        Assert.Contains(expected, Manifest.Parse(text).Failure!.Message, StringComparison.Ordinal);

    [Fact]
    public void Bombs_are_refused()
    {
        var laughs = new StringBuilder("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for (var i = 1; i < 12; i++)
        {
            laughs.Append($"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        }

        Assert.Contains("more than 200000 values", Manifest.Parse(laughs.ToString()).Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("levels deep", Manifest.Parse(new string('[', 5000)).Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("levels deep", Manifest.Parse("{\"a\":" + new string('[', 5000)).Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("no manifest is that long", Manifest.Parse(new string('a', 4_000_000)).Failure!.Message, StringComparison.Ordinal);
        Assert.Contains("not text in UTF-8", Manifest.Parse([0x61, 0xff, 0xfe]).Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Anchors_aliases_and_merges_work()
    {
        var file = Manifest.Parse("apiVersion: v1\nkind: Pod\nmetadata: {name: w, labels: &l {app: x}, annotations: {<<: *l, b: c}}\nspec: {containers: [{name: a, image: b}]}");
        Assert.True(file.IsValid);
        Assert.Equal("""{"app":"x","b":"c"}""", Sorted(file.Documents[0].Object["metadata"]!["annotations"]!));

        static string Sorted(System.Text.Json.Nodes.JsonNode node) =>
            "{" + string.Join(',', node.AsObject().OrderBy(p => p.Key).Select(p => $"\"{p.Key}\":{p.Value!.ToJsonString()}")) + "}";
    }

    [Fact]
    public void Yaml_scalars_are_those_of_Kubernetes()
    {
        var node = Manifest.ReadYaml("[1, 0x1F, 0o17, 0755, 1_000, 1.50, 1e3, ~, null, true, Yes, off, '1', \"no\", .inf, 1:20, 2026-01-01, -5, +3, !!str 7]"u8);
        Assert.Equal("""[1,31,15,493,1000,1.50,1000,null,null,true,true,false,"1","no",".inf","1:20","2026-01-01",-5,3,"7"]""", node!.ToJsonString());
    }

    [Fact]
    public void Quantities_become_canonical_and_nulls_go()
    {
        var document = Manifest.Parse("apiVersion: v1\nkind: Pod\nmetadata: {name: w, creationTimestamp: null}\nspec: {containers: [{name: a, image: b, resources: {limits: {cpu: 0.5, memory: 1024Mi}}}]}").Documents[0];
        Assert.Equal("""{"cpu":"500m","memory":"1Gi"}""", document.Object["spec"]!["containers"]![0]!["resources"]!["limits"]!.ToJsonString());
        Assert.Equal("""{"name":"w"}""", document.Object["metadata"]!.ToJsonString());
    }
}
