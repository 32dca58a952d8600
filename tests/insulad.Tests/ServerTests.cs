using static System.Net.Http.HttpMethod;

namespace Insulad.Tests;

public sealed class ServerTests(ApiFixture api) : IClassFixture<ApiFixture>
{
    [Fact]
    public async Task Discovery_lists_what_is_served()
    {
        var (_, versions) = await api.SendAsync(Get, "/api");
        Assert.Equal("v1", (string?)versions["versions"]![0]);
        var (_, core) = await api.SendAsync(Get, "/api/v1");
        var names = core["resources"]!.AsArray().Select(r => (string)r!["name"]!).ToList();
        Assert.Empty(new[] { "pods", "pods/log", "pods/exec", "pods/status", "nodes", "events", "namespaces" }.Except(names));
        Assert.Contains("services", names);
        Assert.DoesNotContain("podtemplates", names);
        var (_, groups) = await api.SendAsync(Get, "/apis");
        foreach (var group in groups["groups"]!.AsArray().Select(g => (string)g!["preferredVersion"]!["groupVersion"]!))
        {
            var (code, list) = await api.SendAsync(Get, $"/apis/{group}");
            Assert.Equal((200, group), (code, (string?)list["groupVersion"]));
            Assert.Equal(group == "insula.dev/v1", list["resources"]!.AsArray().Any(r => (string)r!["name"]! == "podstats"));
        }

        var (_, version) = await api.SendAsync(Get, "/version");
        Assert.Equal("1", (string?)version["major"]);
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/livez")]
    [InlineData("/readyz")]
    public async Task Health_is_answered(string path) => Assert.Equal("ok", await api.Client.GetStringAsync(path));

    [Fact]
    public async Task The_sockets_have_their_modes()
    {
        Assert.Equal("660", Convert.ToString((int)File.GetUnixFileMode(api.SocketPath) & 0b110_110_110, 8));
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(api.SocketPath) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute));
        using var refused = await api.ReadOnlyClient.PostAsync("/api/v1/namespaces", new StringContent("""{"metadata":{"name":"x"}}"""));
        Assert.Equal(403, (int)refused.StatusCode);
        foreach (var path in (string[])["pods/web/exec?command=sh&stdout=true", "pods/web/attach", "pods/web/portforward", "secrets", "secrets/any"])
        {
            using var hidden = await api.ReadOnlyClient.GetAsync($"/api/v1/namespaces/default/{path}");
            Assert.Equal(403, (int)hidden.StatusCode);
            Assert.Contains("this socket is read-only", await hidden.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        using var image = await api.ReadOnlyClient.GetAsync("/apis/insula.dev/v1/images:save?image=app");
        Assert.Equal(403, (int)image.StatusCode);
        using var list = await api.ReadOnlyClient.GetAsync("/api/v1/pods");
        Assert.Equal(200, (int)list.StatusCode);
    }

    [Fact]
    public async Task The_built_in_namespaces_exist_and_stay()
    {
        var (code, _) = await api.SendAsync(Get, "/api/v1/namespaces/kube-system");
        Assert.Equal(200, code);
        (code, var status) = await api.SendAsync(Delete, "/api/v1/namespaces/default");
        Assert.Equal((403, "Forbidden"), (code, (string?)status["reason"]));
    }

    [Fact]
    public async Task A_deleted_namespace_is_emptied_first()
    {
        var ns = await api.NamespaceAsync();
        var pods = $"/api/v1/namespaces/{ns}/pods";
        await api.SendAsync(Post, pods, ApiFixture.Pod("web"));
        await api.SendAsync(Post, $"/api/v1/namespaces/{ns}/serviceaccounts", """{"metadata":{"name":"robot"}}""");
        using var watch = api.Store.Watch("*", null, null);
        var (code, deleted) = await api.SendAsync(Delete, $"/api/v1/namespaces/{ns}");
        Assert.Equal((200, "Terminating"), (code, (string?)deleted["status"]!["phase"]));
        (code, var refused) = await api.SendAsync(Post, pods, ApiFixture.Pod("late"));
        Assert.Equal((403, "Forbidden"), (code, (string?)refused["reason"]));
        await UntilAsync(watch, c => c.Object!.Key is { Resource: "pods" } && c.Object.ToDocument()["metadata"]!["deletionTimestamp"] is not null);

        // The pod's worker, which the test plays, removes it; then the namespace goes.
        await api.Store.DeleteAsync(new Insula.Store.ObjectKey("pods", ns, "web"), Insula.Store.Preconditions.None, CancellationToken.None);
        await UntilAsync(watch, c => c.Type == Insula.Store.WatchEventType.Deleted && c.Object!.Key == new Insula.Store.ObjectKey("namespaces", "", ns));
        Assert.Empty(api.Store.List("serviceaccounts", ns).Items);
    }

    [Fact]
    public async Task An_object_with_finalizers_goes_with_the_last()
    {
        var ns = await api.NamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/serviceaccounts";
        await api.SendAsync(Post, path, """{"metadata":{"name":"robot","finalizers":["example.com/wait"]}}""");
        var (code, _) = await api.SendAsync(Delete, $"{path}/robot");
        Assert.Equal(200, code);
        (code, var marked) = await api.SendAsync(Get, $"{path}/robot");
        Assert.Equal((200, true), (code, marked["metadata"]!["deletionTimestamp"] is not null));
        await api.SendAsync(Patch, $"{path}/robot", """{"metadata":{"finalizers":null}}""", "application/merge-patch+json");
        (code, _) = await api.SendAsync(Get, $"{path}/robot");
        Assert.Equal(404, code);
    }

    [Theory]
    [InlineData("Background", false)]
    [InlineData("Orphan", true)]
    public async Task What_an_object_owns_goes_with_it_or_is_orphaned(string policy, bool stays)
    {
        var ns = await api.NamespaceAsync();
        var path = $"/api/v1/namespaces/{ns}/serviceaccounts";
        var (_, owner) = await api.SendAsync(Post, path, """{"metadata":{"name":"owner"}}""");
        var (_, owned) = await api.SendAsync(Post, path, $$$"""{"metadata":{"name":"owned","ownerReferences":[{"apiVersion":"v1","kind":"ServiceAccount","name":"owner","uid":"{{{owner["metadata"]!["uid"]}}}"}]}}""");
        Assert.NotNull(owned["metadata"]!["ownerReferences"]);
        using var watch = api.Store.Watch("serviceaccounts", ns, null);
        await api.SendAsync(Delete, $"{path}/owner?propagationPolicy={policy}");
        await UntilAsync(watch, c => c.Object!.Key.Name == "owned" && c.Type == (stays ? Insula.Store.WatchEventType.Modified : Insula.Store.WatchEventType.Deleted));
        var (code, _) = await api.SendAsync(Get, $"{path}/owned");
        Assert.Equal(stays ? 200 : 404, code);
    }

    [Fact]
    public async Task Images_and_the_machine_have_a_group_of_their_own()
    {
        var (code, images) = await api.SendAsync(Get, "/apis/insula.dev/v1/images");
        Assert.Equal((200, 0), (code, images["items"]!.AsArray().Count));
        (code, _) = await api.SendAsync(Delete, "/apis/insula.dev/v1/images/docker.io%2Flibrary%2Fbusybox:latest");
        Assert.Equal(404, code);
        (code, var system) = await api.SendAsync(Get, "/apis/insula.dev/v1/system");
        Assert.Equal((200, api.SocketPath), (code, (string?)system["socket"]));
        (code, _) = await api.SendAsync(Post, "/apis/insula.dev/v1/images:load", "this is no archive", "application/x-tar");
        Assert.Equal(400, code);
    }

    private static async Task UntilAsync(Insula.Store.ObjectWatch watch, Predicate<Insula.Store.WatchEvent> expected)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!expected(await watch.Events.ReadAsync(timeout.Token)))
        {
            // Not the one; the next.
        }
    }
}
