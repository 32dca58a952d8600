using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Containers;

/// <summary>A container's own layer holds what it has written, and nothing of ours.</summary>
public sealed class WritableLayerTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_writes_nothing_has_an_empty_layer_though_its_image_has_no_places_for_the_pod_s_files(bool hostUsers)
    {
        var name = hostUsers ? "idle" : "mapped";
        await _insula.ApplyAsync(Manifests.Pod(name, Manifests.Forever, spec: new { hostUsers }));
        var pod = await _insula.WaitForReadyAsync(name);
        var layer = Path.Combine(_insula.Root, "pods", Pods.Uid(pod), "containers/main.0/upper");
        Assert.Empty(Directory.EnumerateFileSystemEntries(layer));
        Assert.DoesNotContain(
            Directory.EnumerateFiles(Path.Combine(_insula.Root, "images/layers"), "hosts", SearchOption.AllDirectories),
            path => !path.Contains("/mountpoints/", StringComparison.Ordinal));
        Assert.Equal($"{name}\n", await InAsync(name, "cat /etc/hostname"));
        Assert.Equal("0:0 755\n", await InAsync(name, "stat -c '%u:%g %a' /etc"));

        // They are mounted read-only; beside them it may write.
        Assert.NotEqual(0, (await _insula.CliAsync("exec", name, "--", "sh", "-c", "echo x >> /etc/hosts")).ExitCode);
        Assert.Equal("mine\n", await InAsync(name, "echo mine > /etc/own; cat /etc/own"));
        Assert.Equal(["etc", "etc/own"], Directory.EnumerateFileSystemEntries(layer, "*", SearchOption.AllDirectories).Select(p => Path.GetRelativePath(layer, p)).Order(StringComparer.Ordinal));
        await _insula.DeletePodAsync(name);
    }

    private async Task<string> InAsync(string pod, string script) => (await _insula.CliAsync("exec", pod, "--", "sh", "-c", script)).Succeeded();
}
