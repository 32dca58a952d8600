using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Examples;

/// <summary><c>examples/guestbook.yaml</c> on images made of Debian's packages; they are built by <c>make app-images</c>, so this is not among the system tests of
/// each run.</summary>
public sealed class GuestbookTests
{
    private static readonly string[] Parts = ["db", "cache", "app", "web"];

    [Fact]
    public async Task The_application_comes_up_keeps_what_it_is_told_and_mends_itself()
    {
        await using var insula = await Instance.StartAsync();
        foreach (var image in (string[])["nginx", "redis", "postgres", "guestbook"])
        {
            var layout = Path.Combine(Repository.Out, "app", image);
            Assert.True(Directory.Exists(layout), $"{layout} is missing: run `make app-images` first");
            (await insula.CliAsync("load", layout)).Succeeded();
        }

        (await insula.CliAsync("apply", "-f", Path.Combine(Repository.Root, "examples", "guestbook.yaml"))).Succeeded();
        foreach (var pod in Parts)
        {
            await insula.WaitForPodAsync(pod, Pods.IsReady, "Ready", "guestbook", Eventually.Slowness * TimeSpan.FromMinutes(3));
        }

        var address = (await insula.CliAsync("get", "service", "web", "-n", "guestbook", "-o", "jsonpath={.spec.clusterIP}")).Succeeded();
        Task<string> AskAsync(params string[] words) => FetchAsync(insula, ["--max-time", "10", .. words, $"http://{address}/"]);
        Assert.Equal("written\n", await AskAsync("-d", "hello"));
        Assert.Equal("visits: 1\n- hello\n", await AskAsync());

        // The database dies: the application says so, is taken out of its Service, and goes on with what it had.
        (await insula.CliAsync("exec", "db", "-n", "guestbook", "--", "sh", "-c", "kill -INT 1")).Succeeded();
        await insula.WaitForPodAsync("db", p => Pods.IsReady(p) && Pods.Restarts(p, "postgres") == 1, "restarted", "guestbook", Eventually.Slowness * TimeSpan.FromMinutes(3));
        await Eventually.TrueAsync(async () => (await AskAsync()).EndsWith("- hello\n", StringComparison.Ordinal), "the entry is there again", TimeSpan.FromMinutes(2));

        // Nobody else reaches the database.
        await insula.ApplyAsync(Manifests.Pod("stranger", Manifests.Forever, metadata: new { @namespace = "guestbook" }));
        await insula.WaitForReadyAsync("stranger", "guestbook");
        Assert.NotEqual(0, (await insula.CliAsync("exec", "stranger", "-n", "guestbook", "--", "timeout", "2", "nc", "db", "5432", "-e", "true")).ExitCode);
        (await insula.CliAsync("delete", "namespace", "guestbook")).Succeeded();
        await Leaks.AssertNoPodIsLeftAsync(insula);
    }

    private static async Task<string> FetchAsync(Instance insula, string[] words) => (await insula.InNetworkAsync(["curl", "-s", .. words])).Output;
}
