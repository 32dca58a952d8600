using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Lifecycle;

/// <summary>What a container leaves to be told of its end.</summary>
public sealed class LastWordsTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Theory]
    [InlineData("standard", "/dev/termination-log", false)]
    [InlineData("own", "/var/run/words", false)]
    [InlineData("volume", "/data/words", false)]
    [InlineData("readonly", "/words", true)]
    public async Task Are_read_from_where_the_manifest_says(string name, string path, bool readOnly)
    {
        await _insula.ApplyAsync(Manifests.Pod(
            name, $"test ! -s {path} && echo -n 'in {path}' > {path}; echo in the log; exit 3",
            new
            {
                terminationMessagePath = path,
                terminationMessagePolicy = "FallbackToLogsOnError",
                securityContext = new { readOnlyRootFilesystem = readOnly },
                volumeMounts = new[] { new { name = "data", mountPath = "/data" } },
            },
            new { restartPolicy = "Never", volumes = new[] { new { name = "data", emptyDir = new { } } } }));
        Assert.Equal($"in {path}", await WordsAsync(name));
    }

    [Fact]
    public async Task Are_the_end_of_the_log_of_who_failed_without_any()
    {
        await _insula.ApplyAsync(Manifests.Pod(
            "failed", "for i in $(seq 200); do echo line $i; done; echo -n unended; exit 3", new { terminationMessagePolicy = "FallbackToLogsOnError" }, new { restartPolicy = "Never" }));
        Assert.Equal(string.Join('\n', Enumerable.Range(122, 79).Select(i => $"line {i}").Append("unended")), await WordsAsync("failed"));
        await _insula.ApplyAsync(Manifests.Pod("done", "echo done", new { terminationMessagePolicy = "FallbackToLogsOnError" }, new { restartPolicy = "Never" }));
        Assert.Null(await WordsAsync("done"));
    }

    private async Task<string?> WordsAsync(string pod)
    {
        var ended = await _insula.WaitForPodAsync(pod, p => Pods.Phase(p) is "Failed" or "Succeeded", $"{pod} has ended");
        var words = (string?)Pods.Container(ended, "main")!["state"]!["terminated"]!["message"];
        await _insula.DeletePodAsync(pod);
        return words;
    }
}
