using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Images;

/// <summary>A pod's image comes from a registry: Debian's docker-registry, which knows nothing of us.</summary>
public sealed class PodPullTests
{
    private static string Busybox => Repository.Image("busybox");

    [Fact]
    public async Task An_image_comes_because_a_pod_wants_it_and_anew_when_the_name_means_another()
    {
        await using var insula = await StartAsync("back-off-initial: 100ms\n");
        using var host = TestNamespace.Open($"/run/netns/{insula.NetworkNamespace}");
        await using var registry = await DockerRegistry.StartAsync(host);
        await using var proxy = await FaultyProxy.StartAsync(host, registry.Port);
        await registry.PushAsync(Busybox, "team/app", "latest");
        var image = $"{proxy.Name}/team/app";

        // Two at once: it comes once.
        await insula.ApplyAsync(Manifests.Pod("one", Manifests.Forever, new { image, imagePullPolicy = (string?)null }));
        await insula.ApplyAsync(Manifests.Pod("two", Manifests.Forever, new { image }));
        await insula.WaitForReadyAsync("one");
        await insula.WaitForReadyAsync("two");
        Assert.Equal(proxy.Asked.Where(a => a.Contains("/blobs/", StringComparison.Ordinal)).Distinct().Count(), proxy.Asked.Count(a => a.Contains("/blobs/", StringComparison.Ordinal)));
        var events = await EventsAsync(insula, "one");
        Assert.Contains($"Pulling image \"{image}\"", events, StringComparison.Ordinal);
        Assert.Matches($"Successfully pulled image \"{image}\" in [0-9.]+s. Image size: [0-9]+ bytes.", events);
        await insula.ApplyAsync(Manifests.Pod("three", Manifests.Forever, new { image }));
        await insula.WaitForReadyAsync("three");
        Assert.Contains("already present on machine", await EventsAsync(insula, "three"), StringComparison.Ordinal);

        // The tag is latest, so each start asks; nothing is fetched while it means the same.
        proxy.Asked.Clear();
        var before = (string)(await insula.WaitForReadyAsync("one"))["status"]!["containerStatuses"]![0]!["imageID"]!;
        await KillAsync(insula, "one", restarts: 1);
        Assert.Equal(["HEAD /v2/team/app/manifests/latest"], proxy.Asked);
        await registry.PushAsync(Repository.Image("whiteouts"), "team/app", "latest");
        await KillAsync(insula, "one", restarts: 2);
        Assert.NotEqual(before, (string)(await insula.WaitForReadyAsync("one"))["status"]!["containerStatuses"]![0]!["imageID"]!);

        // What was loaded by hand under a name is what is wanted, whatever the registry has.
        (await insula.CliAsync("load", Busybox, "--name", image)).Succeeded();
        proxy.Asked.Clear();
        await KillAsync(insula, "one", restarts: 3);
        Assert.Empty(proxy.Asked);
        Assert.Equal(before, (string)(await insula.WaitForReadyAsync("one"))["status"]!["containerStatuses"]![0]!["imageID"]!);
    }

    [Fact]
    public async Task Without_a_credential_it_waits_and_a_Secret_that_comes_lets_it_go_on_at_once()
    {
        await using var insula = await StartAsync("back-off-initial: 5m\n");
        using var host = TestNamespace.Open($"/run/netns/{insula.NetworkNamespace}");
        await using var registry = await DockerRegistry.StartAsync(host, authentication: DockerRegistry.ByPassword);
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{DockerRegistry.User}:{DockerRegistry.Password}"));
        await registry.PushAsync(Busybox, "team/app", "1", $"Basic {basic}");
        var pod = Manifests.Pod("private", Manifests.Forever, new { image = $"{registry.Name}/team/app:1" }, new { imagePullSecrets = new[] { new { name = "login" } } });
        await insula.ApplyAsync(pod);
        var waiting = await insula.WaitForPodAsync("private", p => Waiting(p)?["reason"] is { } reason && (string)reason! == "ErrImagePull", "ErrImagePull");
        Assert.Contains("sign in", (string)Waiting(waiting)!["message"]!, StringComparison.Ordinal);
        Assert.Contains("Unable to retrieve some image pull secrets (login)", await EventsAsync(insula, "private"), StringComparison.Ordinal);

        async Task ApplySecretAsync(string auth) => await insula.ApplyAsync(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = "login" },
            ["type"] = "kubernetes.io/dockerconfigjson",
            ["stringData"] = new JsonObject { [".dockerconfigjson"] = $$$"""{"auths":{"{{{registry.Name}}}":{"auth":"{{{auth}}}"} } }""" },
        }.ToJsonString());
        var wrong = Convert.ToBase64String("me:wr0ng"u8.ToArray());
        await ApplySecretAsync(wrong);
        await insula.WaitForPodAsync("private", p => Waiting(p)?["message"] is { } message && ((string)message!).Contains("with this credential", StringComparison.Ordinal), "another refusal");
        await ApplySecretAsync(basic);
        await insula.WaitForReadyAsync("private");

        // Nobody reads what it was.
        var said = insula.DaemonLog + await EventsAsync(insula, "private") + (await insula.CliAsync("get", "pod", "private", "-o", "json")).Output
            + (await insula.CliAsync("describe", "pod", "private")).Output;
        Assert.All([DockerRegistry.Password, basic, "wr0ng", wrong], secret => Assert.DoesNotContain(secret, said, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_certificate_of_one_s_own_is_trusted_where_a_file_says_so_and_tokens_are_got_for_it()
    {
        await using var insula = await StartAsync();
        using var host = TestNamespace.Open($"/run/netns/{insula.NetworkNamespace}");
        DockerRegistry? registry = null;
        var who = "";
        await using var tokens = await LoopbackHttp.StartAsync(host, async (head, client) =>
        {
            who = head.Contains("Authorization: Basic ", StringComparison.Ordinal) ? "somebody" : "nobody";
            await LoopbackHttp.AnswerAsync(client, "200 OK", $$"""{"token":"{{registry!.Token("team/app", "pull")}}"}""");
        });
        registry = await DockerRegistry.StartAsync(host, tls: true, authentication: DockerRegistry.ByToken(tokens.Port));
        await using var _ = registry;
        await registry.PushAsync(Busybox, "team/app", "1", $"Bearer {registry.Token("team/app", "pull", "push")}");

        var image = $"{registry.Name}/team/app:1";
        var place = Directory.CreateDirectory(Path.Combine(insula.Base, "certs.d", $"127.0.0.1_{registry.Port}_")).FullName;
        await insula.StopDaemonAsync();
        insula.Config = $"registry-hosts: {insula.Base}/certs.d\nregistry-auth: {insula.Base}/auth.json\n";
        await insula.StartDaemonAsync();

        // By https, and nobody trusts it.
        await File.WriteAllTextAsync(Path.Combine(place, "hosts.toml"), $"server = \"https://{registry.Name}\"\n");
        var refused = await insula.CliAsync("pull", image);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("certificate", refused.Error, StringComparison.Ordinal);

        // A token server without encryption is told no password, wherever it comes from: it is asked as anybody.
        await File.WriteAllTextAsync(Path.Combine(place, "hosts.toml"), $"server = \"https://{registry.Name}\"\nca = \"{registry.Certificate}\"\n");
        var e = await insula.CliAsync("pull", image);
        Assert.Contains("where nobody's password is safe", e.Error, StringComparison.Ordinal);
        Assert.Equal("", who);
    }

    [Fact]
    public async Task Tokens_are_got_where_the_registry_says()
    {
        await using var insula = await StartAsync();
        using var host = TestNamespace.Open($"/run/netns/{insula.NetworkNamespace}");
        DockerRegistry? registry = null;
        List<string> asked = [];
        await using var tokens = await LoopbackHttp.StartAsync(host, async (head, client) =>
        {
            asked.Add(head);
            await LoopbackHttp.AnswerAsync(client, "200 OK", $$"""{"token":"{{registry!.Token("team/app", "pull")}}"}""");
        });
        registry = await DockerRegistry.StartAsync(host, authentication: DockerRegistry.ByToken(tokens.Port));
        await using var _ = registry;
        await registry.PushAsync(Busybox, "team/app", "1", $"Bearer {registry.Token("team/app", "pull", "push")}");
        await insula.StopDaemonAsync();
        insula.Config = $"registry-auth: {insula.Base}/auth.json\n";
        await File.WriteAllTextAsync(Path.Combine(insula.Base, "auth.json"), $$$"""{"auths":{"{{{registry.Name}}}":{"username":"{{{DockerRegistry.User}}}","password":"{{{DockerRegistry.Password}}}"} } }""");
        await insula.StartDaemonAsync();
        await insula.ApplyAsync(Manifests.Pod("token", Manifests.Forever, new { image = $"{registry.Name}/team/app:1" }));
        await insula.WaitForReadyAsync("token");
        Assert.All(asked, a => Assert.Contains("scope=repository%3Ateam%2Fapp%3Apull&service=tests", a, StringComparison.Ordinal));
        Assert.All(asked, a => Assert.Contains("Authorization: Basic ", a, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(nameof(FaultyProxy.Fault.Cut), "/blobs/", 2, true)]
    [InlineData(nameof(FaultyProxy.Fault.Slow), "/blobs/", 100, true)]
    [InlineData(nameof(FaultyProxy.Fault.TooMany), "/", 2, true)]
    [InlineData(nameof(FaultyProxy.Fault.Unavailable), "/", 2, true)]
    [InlineData(nameof(FaultyProxy.Fault.Flipped), "/blobs/", 1, false)]
    public async Task What_a_network_does_delays_or_is_told_and_leaves_nothing_half(string fault, string path, int times, bool comes)
    {
        await using var insula = await StartAsync("back-off-initial: 1s\n");
        using var host = TestNamespace.Open($"/run/netns/{insula.NetworkNamespace}");
        await using var registry = await DockerRegistry.StartAsync(host);
        await registry.PushAsync(Busybox, "team/app", "1");
        await using var proxy = await FaultyProxy.StartAsync(host, registry.Port);
        proxy.Does = (Enum.Parse<FaultyProxy.Fault>(fault), path, times);
        await insula.ApplyAsync(Manifests.Pod("faulty", Manifests.Forever, new { image = $"{proxy.Name}/team/app:1" }));
        await insula.WaitForReadyAsync("faulty");
        Assert.Equal(!comes, (await EventsAsync(insula, "faulty")).Contains("Failed to pull image", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(insula.Root, "images", "tmp")));
    }

    [Fact]
    public async Task A_pod_that_goes_while_its_image_comes_is_gone_at_once_and_a_daemon_that_dies_begins_anew()
    {
        await using var insula = await StartAsync();
        using var host = TestNamespace.Open($"/run/netns/{insula.NetworkNamespace}");
        await using var registry = await DockerRegistry.StartAsync(host);
        await registry.PushAsync(Busybox, "team/app", "1");
        await using var proxy = await FaultyProxy.StartAsync(host, registry.Port);
        proxy.Does = (FaultyProxy.Fault.Silent, "/blobs/", 100);
        var image = $"{proxy.Name}/team/app:1";
        await insula.ApplyAsync(Manifests.Pod("going", Manifests.Forever, new { image }));
        await insula.WaitForPodAsync("going", p => (string?)Waiting(p)?["message"] == $"pulling image \"{image}\"", "it is being pulled");
        await Eventually.TrueAsync(() => proxy.Asked.Any(a => a.Contains("/blobs/", StringComparison.Ordinal)), "a layer is asked for");
        await insula.DeletePodAsync("going");
        await Leaks.AssertNoPodIsLeftAsync(insula);
        await Eventually.TrueAsync(() => Directory.GetFileSystemEntries(Path.Combine(insula.Root, "images", "tmp")).Length == 0, "the pull has ended");

        proxy.Asked.Clear();
        await insula.ApplyAsync(Manifests.Pod("staying", Manifests.Forever, new { image }));
        await Eventually.TrueAsync(() => proxy.Asked.Any(a => a.Contains("/blobs/", StringComparison.Ordinal)), "a layer is asked for");
        await insula.KillDaemonAsync();
        proxy.Does = default;
        await insula.StartDaemonAsync();
        var pod = await insula.WaitForReadyAsync("staying");
        Assert.Equal(0, (int)pod["status"]!["containerStatuses"]![0]!["restartCount"]!);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(insula.Root, "images", "tmp")));
    }

    [Fact]
    public async Task Hostile_images_do_no_more_when_they_are_pulled()
    {
        await using var insula = await StartAsync();
        using var host = TestNamespace.Open($"/run/netns/{insula.NetworkNamespace}");
        await using var registry = await LayoutRegistry.StartAsync(host);
        foreach (var (image, refusal) in ((string, string)[])
        [
            ("hostile-config", "the image declares the volume \"/../../../etc\", which is no absolute path"),
            ("hostile-devices", "mount-target: /dev: Too many levels of symbolic links"),
            ("hostile-links", "the image's \"/etc/passwd\" leads through links"),
            ("hostile-proc", "mount-target: /proc: Too many levels of symbolic links"),
        ])
        {
            await insula.ApplyAsync(Manifests.Pod(image, Manifests.Forever, new { image = $"{registry.Name}/{image}" }));
            await insula.WaitForPodAsync(
                image, p => p["status"]?["containerStatuses"]?[0]?.ToJsonString().Contains(System.Text.Json.JsonEncodedText.Encode(refusal).ToString(), StringComparison.Ordinal) == true, refusal);
            await insula.DeletePodAsync(image);
        }
    }

    [Fact]
    public async Task Images_are_shown_pinned_and_pruned()
    {
        await using var insula = await StartAsync();
        using var host = TestNamespace.Open($"/run/netns/{insula.NetworkNamespace}");
        await using var registry = await DockerRegistry.StartAsync(host);
        foreach (var name in (string[])["busybox", "whiteouts", "intruder"])
        {
            await registry.PushAsync(Repository.Image(name), name, "1");
        }

        string Name(string name) => $"{registry.Name}/{name}:1";
        var pulled = (await insula.CliAsync("pull", Name("busybox"), "-o", "json")).Succeeded().TrimEnd().Split('\n').Select(l => JsonNode.Parse(l)!).ToList();
        Assert.Contains(pulled, l => (string?)l["step"] == "fetching" && l["layer"] is not null && (long)l["bytes"]! == (long)l["total"]!);
        Assert.Equal(Name("busybox"), (string?)pulled[^1]["loaded"]);
        var plain = await insula.CliAsync("image", "pull", Name("whiteouts"));
        Assert.Equal($"Pulled image: {Name("whiteouts")}\n", plain.Succeeded());
        Assert.Matches("[0-9a-f]{12}: fetched ", plain.Error);
        Assert.Contains("it was there already", (await insula.CliAsync("pull", Name("whiteouts"))).Succeeded(), StringComparison.Ordinal);
        (await insula.CliAsync("pull", Name("intruder"))).Succeeded();

        var shown = JsonNode.Parse((await insula.CliAsync("image", "inspect", Name("busybox"))).Succeeded())!;
        Assert.Equal([Name("busybox")], shown["pulled"]!.AsArray().Select(r => (string)r!));
        Assert.Equal((long)shown["size"]!, shown["layers"]!.AsArray().Sum(l => (long)l!["size"]!));

        await insula.ApplyAsync(Manifests.Pod("user", Manifests.Forever, new { image = Name("busybox") }));
        await insula.WaitForReadyAsync("user");
        (await insula.CliAsync("image", "pin", Name("whiteouts"))).Succeeded();
        Assert.Contains("unpin", (await insula.CliAsync("rmi", Name("whiteouts"))).Error, StringComparison.Ordinal);
        Assert.Equal("0B freed\n", (await insula.CliAsync("image", "prune")).Succeeded());
        Assert.StartsWith($"{Name("intruder")} would be removed\n", (await insula.CliAsync("image", "prune", "--all", "--dry-run")).Succeeded(), StringComparison.Ordinal);
        Assert.StartsWith($"{Name("intruder")} removed\n", (await insula.CliAsync("image", "prune", "--all")).Succeeded(), StringComparison.Ordinal);
        (await insula.CliAsync("image", "unpin", Name("whiteouts"))).Succeeded();
        Assert.StartsWith($"{Name("whiteouts")} removed\n", (await insula.CliAsync("image", "prune", "--all")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains(Name("busybox"), (await insula.CliAsync("image", "ls")).Succeeded(), StringComparison.Ordinal);
    }

    // Nothing is there before a registry gives it.
    private static async Task<Instance> StartAsync(string config = "")
    {
        var insula = await Instance.StartAsync(config);
        (await insula.CliAsync("image", "prune", "--all")).Succeeded();
        return insula;
    }

    private static JsonNode? Waiting(JsonNode pod) => pod["status"]?["containerStatuses"]?[0]?["state"]?["waiting"];

    private static async Task<string> EventsAsync(Instance insula, string pod) => (await insula.CliAsync("events", "--for", $"pod/{pod}")).Succeeded();

    private static async Task KillAsync(Instance insula, string pod, int restarts)
    {
        // It may end together with the container.
        _ = await insula.CliAsync("exec", pod, "--", "kill", "1");
        await insula.WaitForPodAsync(
            pod, p => Pods.IsReady(p) && (int)p["status"]!["containerStatuses"]![0]!["restartCount"]! == restarts, string.Create(CultureInfo.InvariantCulture, $"{restarts} restarts"));
    }
}
