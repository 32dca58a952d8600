using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Security;

/// <summary>Images made to mislead whoever starts a container of them: none starts, and the machine is as it was.</summary>
public sealed class HostileImageTests(HostileImageTests.Fixture fixture) : IClassFixture<HostileImageTests.Fixture>
{
    private readonly Instance _insula = fixture.Instance;

    /// <summary>What the images' links point at.</summary>
    private static readonly string[] _watched = ["/", "/etc", "/usr", "/usr/bin"];

    [Theory]
    [InlineData("hostile-config", "the image declares the volume \"/../../../etc\", which is no absolute path")]
    [InlineData("hostile-devices", "mount-target: /dev: Too many levels of symbolic links")]
    [InlineData("hostile-links", "the image's \"/etc/passwd\" leads through links")]
    [InlineData("hostile-proc", "mount-target: /proc: Too many levels of symbolic links")]
    public async Task One_that_misleads_starts_nothing_and_changes_nothing(string image, string refusal)
    {
        (await _insula.CliAsync("load", Repository.Image(image))).Succeeded();
        var before = State();
        await _insula.ApplyAsync(Manifests.Pod(
            "hostile",
            "echo up; exec sleep 3600",
            container: new
            {
                image,
                volumeMounts = new[] { new { name = "v", mountPath = "/data" }, new { name = "v", mountPath = "/tmp/v" } },
                readinessProbe = new { exec = new { command = new[] { "true" } }, periodSeconds = 1 },
            },
            spec: new { volumes = new[] { new { name = "v", emptyDir = new { } } }, terminationGracePeriodSeconds = 0 }));
        var pod = await _insula.WaitForPodAsync("hostile", p => Pods.IsReady(p) || Refusal(p) is not null, "started or refused");
        Assert.Contains(refusal, Refusal(pod), StringComparison.Ordinal);
        Assert.NotEqual(0, (await _insula.CliAsync("exec", "hostile", "--", "true")).ExitCode);
        await _insula.DeletePodAsync("hostile");
        Assert.Equal(before, State());
    }

    private static string? Refusal(System.Text.Json.Nodes.JsonNode pod) => (string?)Pods.Container(pod, "main")?["state"]?["waiting"]?["message"];

    private static string State() => string.Join('\n', _watched
        .SelectMany(directory => new DirectoryInfo(directory).EnumerateFileSystemInfos().Select(entry => $"{entry.FullName} {entry.LinkTarget} {entry.UnixFileMode}"))
        .Concat(["/etc/passwd", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"])
        .Select(line => File.Exists(line) ? $"{line}: {File.ReadAllText(line)}" : line)
        .Order(StringComparer.Ordinal));

    public sealed class Fixture : InstanceFixture;
}
