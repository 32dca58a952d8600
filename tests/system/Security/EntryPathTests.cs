using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Security;

/// <summary>Whoever enters a container, by its start, by exec, by a terminal, by a probe, is confined in the same way.</summary>
public sealed class EntryPathTests(EntryPathTests.Fixture fixture) : IClassFixture<EntryPathTests.Fixture>
{
    // One's own directory listing has a descriptor of its own; who one is and may do; what one sees as working directory.
    private const string Look =
        "echo $(ls /proc/self/fd) $(grep -E \"^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp:)\" /proc/self/status) $(pwd) $(readlink /proc/self/cwd) end-of-look";

    private readonly Instance _insula = fixture.Instance;

    public static TheoryData<string> Kinds => [.. Intruder.Kinds.Select(k => k.Kind), "tracer", "shared"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Every_way_in_gives_three_descriptors_and_the_same_privileges(string kind)
    {
        var context = kind switch
        {
            "tracer" => new { capabilities = new { add = new[] { "SYS_PTRACE" }, drop = new[] { "KILL" } }, runAsUser = 1000 },
            "shared" => new { capabilities = new { add = new[] { "SYS_PTRACE" } }, allowPrivilegeEscalation = false },
            _ => Intruder.Kinds.Single(k => k.Kind == kind).Context,
        };
        await _insula.ApplyAsync(Manifests.Pod(
            kind, $"{Look}; {Manifests.Forever}",
            container: new
            {
                securityContext = context,
                readinessProbe = new { exec = new { command = new[] { "sh", "-c", $"({Look}) > /out/new && mv /out/new /out/probe" } }, periodSeconds = 1 },
                volumeMounts = new[] { new { name = "out", mountPath = "/out" } },
            },
            spec: new { shareProcessNamespace = kind == "shared", volumes = new[] { new { name = "out", emptyDir = new { } } } }));
        await _insula.WaitForReadyAsync(kind);
        var start = await _insula.OutputAsync(log => log.Contains("end-of-look", StringComparison.Ordinal), "logs", kind);
        Assert.StartsWith("0 1 2 3 Uid: ", start, StringComparison.Ordinal);
        Assert.Contains("CapInh: 0000000000000000 ", start, StringComparison.Ordinal);
        Assert.Contains("CapAmb: 0000000000000000 ", start, StringComparison.Ordinal);
        Assert.EndsWith(" / / end-of-look\n", start, StringComparison.Ordinal);
        Assert.Equal(start, (await _insula.CliAsync("exec", kind, "--", "sh", "-c", Look)).Succeeded());
        Assert.Equal(start, (await _insula.CliAsync("exec", kind, "--", "cat", "/out/probe")).Succeeded());
        await using (var terminal = RunningCommand.AtTerminal(_insula, $"insula exec -it {kind} -- sh -c '{Look}'"))
        {
            await terminal.SaysAsync("end-of-look");
            Assert.Contains(start.Trim(), terminal.Output, StringComparison.Ordinal);
        }

        await _insula.DeletePodAsync(kind);
    }

    public sealed class Fixture : InstanceFixture;
}
