using System.Globalization;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Logs;

/// <summary>Log files of a bounded size and number, under the hands of those who read them.</summary>
public sealed class RotationTests(RotationTests.Fixture fixture) : IClassFixture<RotationTests.Fixture>
{
    /// <summary>More than the largest record, 16 KiB of content and what stands before it, which is never cut by a rotation.</summary>
    private const int MaxSize = 20000;

    private const int MaxFiles = 6;
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task A_follower_survives_rotations_and_loses_no_line()
    {
        // Some 200 KB: a dozen files, of which half are gone at the end.
        await _insula.ApplyAsync(Manifests.Pod(
            "follow",
            """
            while [ ! -e /tmp/go ]; do usleep 20000; done
            i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo "line $i of a text that is long enough to fill a file soon"; [ $((i % 10)) = 0 ] && usleep 10000; done; echo end
            """ + "\n" + Manifests.Forever));
        var pod = await _insula.WaitForReadyAsync("follow");
        await using var follower = RunningCommand.Insula(_insula, "logs", "-f", "follow");
        (await _insula.CliAsync("exec", "follow", "--", "touch", "/tmp/go")).Succeeded();
        await follower.SaysAsync("\nend\n", TimeSpan.FromSeconds(60));
        AssertNumbered(follower.Output, 1, 2000);

        var files = Files(pod);
        Assert.Equal(MaxFiles, files.Count);
        Assert.All(files, file => Assert.InRange(file.Length, 1, MaxSize));

        // What is left is the end of the log, without a gap, and in order across the files.
        var kept = (await _insula.CliAsync("logs", "follow")).Succeeded();
        AssertNumbered(kept, First(kept), 2000);
        Assert.Equal("end\n", (await _insula.CliAsync("logs", "follow", "--tail", "1")).Succeeded());
        var tail = (await _insula.CliAsync("logs", "follow", "--tail", "501")).Succeeded();
        AssertNumbered(tail, 1501, 2000);
        await _insula.DeletePodAsync("follow");
        Assert.Equal(0, await follower.EndsAsync());
    }

    [Fact]
    public async Task A_flood_stays_within_its_files_and_lines_of_any_length_are_whole()
    {
        await _insula.ApplyAsync(Manifests.Pod(
            "flood",
            """
            yes "a line that is repeated for as long as anybody lets it" | head -n 200000
            head -c 40000 /dev/zero | tr '\0' x; echo; printf 'no newline at the end'
            """ + "\n" + Manifests.Forever));
        var pod = await _insula.WaitForReadyAsync("flood");
        await Eventually.TrueAsync(
            async () => (await _insula.CliAsync("logs", "flood", "--tail", "3")).Succeeded().Contains(new string('x', 40000) + "\n", StringComparison.Ordinal),
            "the long line is there in one piece");
        var files = Files(pod);
        Assert.InRange(files.Count, 2, MaxFiles);
        Assert.All(files, file => Assert.InRange(file.Length, 1, MaxSize));
        await _insula.DeletePodAsync("flood");
    }

    private static void AssertNumbered(string text, int first, int last)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.StartsWith("line ", StringComparison.Ordinal)).ToList();
        for (var i = 0; i < lines.Count; i++)
        {
            Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"line {first + i} of"), lines[i], StringComparison.Ordinal);
        }

        Assert.Equal(last, first + lines.Count - 1);
    }

    private static int First(string text) => int.Parse(text.Split(' ', 3)[1], CultureInfo.InvariantCulture);

    private List<FileInfo> Files(System.Text.Json.Nodes.JsonNode pod) =>
        [.. new DirectoryInfo(Path.Combine(_insula.Root, "pods", Pods.Uid(pod), "logs", "main")).EnumerateFiles()];

    public sealed class Fixture : InstanceFixture
    {
        protected override string Config => $"log-max-size: {MaxSize}\nlog-max-files: {MaxFiles}\n";
    }
}
