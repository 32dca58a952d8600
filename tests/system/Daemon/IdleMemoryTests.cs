using System.Globalization;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Daemon;

/// <summary>What a daemon keeps in memory after a burst of work.</summary>
public sealed class IdleMemoryTests
{
    [Fact]
    public async Task Pages_of_the_program_that_nobody_uses_any_more_are_let_go()
    {
        await using var insula = await Instance.StartAsync();
        (await insula.CliAsync("load", Repository.Image("busybox"))).Succeeded();
        Assert.SkipWhen(File.ReadAllText($"/proc/{insula.DaemonPid}/maps").Contains("doublemapper", StringComparison.Ordinal), "a runtime that compiles keeps its pages");
        var before = FilePages(insula.DaemonPid);
        await Eventually.TrueAsync(() => FilePages(insula.DaemonPid) < before * 2 / 3, $"less than two thirds of {before} KB of files are in memory");

        // And come back.
        (await insula.CliAsync("load", Repository.Image("busybox"))).Succeeded();
    }

    private static long FilePages(int daemon) =>
        long.Parse(File.ReadLines($"/proc/{daemon}/status").First(l => l.StartsWith("RssFile:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
