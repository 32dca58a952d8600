using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Security;

/// <summary>
/// What a container can do, by real attempts: rootfs/intruder makes them, attempts.golden says what must come of them.
/// `make golden` writes that file anew; a change of it is a change of what is promised.
/// </summary>
public sealed class AttemptTests
{
    private const string Head =
        """
        # What a container can do: attempts by rootfs/intruder and what came of them, "ok" or an errno; "empty" is a file that was
        # masked. ~ marks what depends on the kernel's build, or on the daemon's own rights. The kinds of container are in Intruder.cs. Made by `make golden`.

        """;

    private static string GoldenFile => Path.Combine(Repository.Root, "tests", "system", "Security", "attempts.golden");

    [Fact]
    public async Task What_a_container_can_do_is_what_the_golden_file_says()
    {
        using var others = new OtherGroups();
        await using var insula = await Instance.StartAsync("", "busybox", "intruder");
        var started = new List<(string, IReadOnlyList<(string, string)>)>();
        var entered = new List<(string, IReadOnlyList<(string, string)>)>();
        foreach (var (kind, context, hostUsers) in Intruder.Kinds)
        {
            await insula.ApplyAsync(Intruder.Pod(kind, context, hostUsers, "intruder", "attempts"));
            await insula.WaitForPodAsync(kind, p => Pods.Phase(p) is "Succeeded" or "Failed", "has made its attempts");
            started.Add((kind, Intruder.Read((await insula.CliAsync("logs", kind)).Succeeded())));

            await insula.ApplyAsync(Intruder.Pod($"{kind}-exec", context, hostUsers, "sh", "-c", Manifests.Forever));
            await insula.WaitForReadyAsync($"{kind}-exec");
            entered.Add((kind, Intruder.Read((await insula.CliAsync("exec", $"{kind}-exec", "--", "intruder", "attempts")).Succeeded())));
        }

        var table = Intruder.Table(started);
        if (Environment.GetEnvironmentVariable("INSULA_WRITE_GOLDEN") == "1")
        {
            await File.WriteAllTextAsync(GoldenFile, Head + table);
        }

        var golden = await File.ReadAllTextAsync(GoldenFile);
        Assert.Equal([], Intruder.Differences(golden, table));
        Assert.Equal([], Intruder.Differences(golden, Intruder.Table(entered)));
    }
}
