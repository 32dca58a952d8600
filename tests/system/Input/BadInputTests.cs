using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Input;

/// <summary>What is wrong is refused with its path and a way out, and nothing is lost or half done.</summary>
public sealed class BadInputTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    public static TheoryData<string, string> Refused => new()
    {
        { "a: [", "line" },
        { "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: c, image: busybox, livenessProbe: { httpGt: { port: 1 } } }] }", "did you mean \"httpGet\"" },
        { "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: 7 }", "spec.containers" },
        { "apiVersion: v1\nkind: Pod\nmetadata: { name: \"a\\u0007b\" }\nspec: { containers: [{ name: c, image: busybox }] }", "metadata.name" },
        { "apiVersion: v1\nkind: Pod\nmetadata: { name: Upper }\nspec: { containers: [{ name: c, image: busybox }] }", "metadata.name" },
        { "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [] }", "spec.containers" },
        { "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { hostUsers: false, hostPID: true, containers: [{ name: c, image: busybox }] }", "spec.hostPID" },
        { "apiVersion: v1\nkind: Pod\nmetadata: { name: a }\nspec: { containers: [{ name: c, image: busybox, resources: { limits: { memory: 12Q } } }] }", "memory" },
        { "apiVersion: v1\nkind: Deployment\nmetadata: { name: a }\nspec: {}", "Deployment" },
        { "kind: Pod\nmetadata: { name: a }", "apiVersion" },
        { "just text", "" },
        { "apiVersion: v1\nkind: Pod\nkind: Pod\nmetadata: { name: a }", "kind" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Broken_manifests_are_refused_with_their_reason(string manifest, string reason)
    {
        var refused = (await _insula.CliWithInputAsync(manifest, "apply", "-f", "-")).Failed();
        Assert.Contains(reason, refused, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", refused, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_of_a_file_with_one_bad_document_is_created()
    {
        var manifest = Manifests.Pod("good-half", Manifests.Forever) + "\n---\n" + "{apiVersion: v1, kind: Pod, metadata: {name: bad-half}, spec: {containers: [{name: c, imag: busybox}]}}";
        Assert.Contains("did you mean \"image\"", (await _insula.CliWithInputAsync(manifest, "apply", "-f", "-")).Failed(), StringComparison.Ordinal);
        Assert.Null(await _insula.Api.FindPodAsync("good-half"));
    }

    [Fact]
    public async Task Huge_input_is_refused()
    {
        var huge = Manifests.Pod("huge", "true", metadata: new { annotations = new { big = new string('x', 4 * 1024 * 1024) } });
        (await _insula.CliWithInputAsync(huge, "apply", "-f", "-")).Failed();
        var bomb = "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f]\nh: [*g,*g,*g,*g,*g,*g,*g,*g]";
        (await _insula.CliWithInputAsync(bomb, "apply", "-f", "-")).Failed();
    }

    [Fact]
    public async Task A_missing_image_is_told_with_what_to_do()
    {
        await _insula.ApplyAsync(Manifests.Pod("noimage", "true", container: new { image = "nowhere/nothing:1" }));
        var pod = await _insula.WaitForPodAsync(
            "noimage", p => Pods.Container(p, "main")?["state"]?["waiting"]?["reason"] is { } r && ((string?)r)!.Contains("Image", StringComparison.Ordinal), "an image error");
        Assert.Contains("insula load", (string?)Pods.Container(pod, "main")!["state"]!["waiting"]!["message"], StringComparison.Ordinal);
        await _insula.DeletePodAsync("noimage");
    }

    [Theory]
    [InlineData("command", """{"command":["/no/such/program"]}""", "/no/such/program")]
    [InlineData("directory", """{"workingDir":"/etc/passwd/x"}""", "/etc/passwd/x")]
    public async Task What_cannot_start_says_why(string name, string container, string reason)
    {
        await _insula.ApplyAsync(Manifests.Pod(name, Manifests.Forever, container: System.Text.Json.JsonDocument.Parse(container).RootElement));
        var pod = await _insula.WaitForPodAsync(
            name,
            p => Message(p).Contains(reason, StringComparison.Ordinal), $"a message naming {reason}");
        Assert.False(Pods.IsReady(pod));
        await _insula.DeletePodAsync(name);
    }

    [Fact]
    public async Task A_host_path_that_is_not_there_says_so()
    {
        await _insula.ApplyAsync(Manifests.Pod("hostpath", Manifests.Forever,
            container: new { volumeMounts = new[] { new { name = "v", mountPath = "/v" } } },
            spec: new { volumes = new[] { new { name = "v", hostPath = new { path = "/no/such/path", type = "Directory" } } } }));
        await Eventually.TrueAsync(
            async () => (await _insula.CliAsync("events", "--for", "pod/hostpath")).Succeeded().Contains("/no/such/path", StringComparison.Ordinal),
            "an event names the path");
        await _insula.DeletePodAsync("hostpath");
    }

    [Fact]
    public async Task Broken_images_are_refused()
    {
        var file = Path.Combine(_insula.Base, "broken.tar");
        await File.WriteAllBytesAsync(file, new byte[10240]);
        (await _insula.CliAsync("load", file)).Failed();
        await File.WriteAllTextAsync(file, "not a tar at all");
        (await _insula.CliAsync("load", file)).Failed();
        (await _insula.CliAsync("load", "/no/such/file.tar")).Failed();
    }

    private static string Message(System.Text.Json.Nodes.JsonNode pod)
    {
        var container = Pods.Container(pod, "main");
        return string.Join(' ', container?["state"]?.ToJsonString(), container?["lastState"]?.ToJsonString());
    }
}
