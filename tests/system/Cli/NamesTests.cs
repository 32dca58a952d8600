using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Cli;

/// <summary>What a command does with the names it was given, was not given, or that name nothing.</summary>
public sealed class NamesTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private const string Note = "Defaulted container \"first\" out of: first, second\n";

    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Without_a_container_s_name_the_pod_s_first_is_meant_and_that_is_said()
    {
        object Writer(string name) => new
        {
            name,
            image = "busybox",
            imagePullPolicy = "IfNotPresent",
            env = new[] { new { name = "WHO", value = name } },
            command = new[] { "sh", "-c", $"echo written by {name}; {Manifests.Forever}" },
        };
        await _insula.ApplyAsync(Manifests.Pod("two", "", spec: new { containers = new[] { Writer("first"), Writer("second") } }));
        await _insula.ApplyAsync(Manifests.Pod("one", $"echo alone; {Manifests.Forever}"));
        await _insula.WaitForReadyAsync("two");
        await _insula.WaitForReadyAsync("one");
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("logs", "two", "--all-containers")).Succeeded().Split('\n').Length == 3, "both have written");

        AssertSaid(await _insula.CliAsync("logs", "two"), "written by first\n", Note);
        AssertSaid(await _insula.CliAsync("logs", "pod/two", "-c", "second"), "written by second\n", "");
        AssertSaid(await _insula.CliAsync("logs", "two", "--all-containers"), "written by first\nwritten by second\n", "");
        AssertSaid(await _insula.CliAsync("exec", "two", "--", "sh", "-c", "echo $WHO"), "first\n", Note);
        AssertSaid(await _insula.CliAsync("exec", "two", "-c", "second", "--", "sh", "-c", "echo $WHO"), "second\n", "");
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("logs", "one")).Succeeded().Length > 0, "it has written");
        AssertSaid(await _insula.CliAsync("logs", "one"), "alone\n", "");
        AssertSaid(await _insula.CliAsync("exec", "one", "--", "echo", "run"), "run\n", "");
        foreach (var command in (string[][])[["logs", "two", "-c", "third"], ["exec", "two", "-c", "third", "--", "true"]])
        {
            Assert.Contains("container third is not valid for pod two", (await _insula.CliAsync(command)).Failed(), StringComparison.Ordinal);
        }

        await _insula.DeletePodAsync("two");
        await _insula.DeletePodAsync("one");
    }

    [Fact]
    public async Task What_is_not_there_hides_nothing_that_is()
    {
        await _insula.ApplyAsync(Manifests.Pod("there-a", Manifests.Forever));
        await _insula.ApplyAsync(Manifests.Pod("there-b", Manifests.Forever));
        await _insula.WaitForReadyAsync("there-a");
        await _insula.WaitForReadyAsync("there-b");
        var got = await _insula.CliAsync("get", "pods", "there-a", "missing", "there-b");
        Assert.Equal(1, got.ExitCode);
        Assert.Equal(["NAME", "there-a", "there-b"], got.Output.TrimEnd('\n').Split('\n').Select(line => line.Split(' ')[0]));
        Assert.Equal("error: (NotFound) pods \"missing\" not found\n", got.Error);
        got = await _insula.CliAsync("get", "pod/there-a", "namespace/missing", "-o", "name");
        Assert.Equal((1, "pod/there-a\n"), (got.ExitCode, got.Output));
        AssertSaid(await _insula.CliAsync("get", "pod", "missing", "--ignore-not-found"), "", "");
        got = await _insula.CliAsync("get", "pod", "missing");
        Assert.Equal((1, "", "error: (NotFound) pods \"missing\" not found\n"), (got.ExitCode, got.Output, got.Error));

        var deleted = await _insula.CliAsync("delete", "pods", "missing", "there-a", "gone", "there-b", "--now");
        Assert.Equal((1, "pod/there-a deleted\npod/there-b deleted\n"), (deleted.ExitCode, deleted.Output));
        Assert.Equal("error: (NotFound) pods \"missing\" not found\nerror: (NotFound) pods \"gone\" not found\n", deleted.Error);
        Assert.Null(await _insula.Api.FindPodAsync("there-a"));
        Assert.Null(await _insula.Api.FindPodAsync("there-b"));
        Assert.Equal(0, (await _insula.CliAsync("delete", "pod", "missing", "--ignore-not-found")).ExitCode);
    }

    [Fact]
    public async Task A_shell_completes_kinds_and_the_names_of_what_is_there()
    {
        await _insula.ApplyAsync(Manifests.Pod("complete-a", Manifests.Forever));
        await _insula.ApplyAsync(Manifests.Pod("complete-b", Manifests.Forever));
        foreach (var command in (string[])["get pods", "get pod", "describe po", "delete pod", "logs", "exec", "top pods"])
        {
            await OfferedAsync($"insula {command} comp", "complete-a", "complete-b");
        }

        await OfferedAsync("insula get pods complete-a comp", "complete-b");
        await OfferedAsync("insula get po", "poddisruptionbudgets", "pods");
        await OfferedAsync("insula desc", "describe");
        await OfferedAsync("insula get namespaces kube-s", "kube-system");
        Assert.Empty(await CompleteAsync("insula get pods -n kube-system comp"));

        // Whoever is in the middle of a word is not told that the daemon is away, and does not wait for it.
        Assert.Empty(await CompleteAsync("insula get pods comp", socket: "/no/such/socket"));
        await _insula.DeletePodAsync("complete-a");
        await _insula.DeletePodAsync("complete-b");
    }

    /// <summary>A shell waits for no answer longer than a second, which on a busy machine may be too short.</summary>
    private async Task OfferedAsync(string line, params string[] words) =>
        await Eventually.GetAsync(async () => string.Join(' ', await CompleteAsync(line)), offered => offered == string.Join(' ', words), $"completions of \"{line}\"");

    /// <summary>What bash offers for a line that ends at the cursor, by the script that the program prints.</summary>
    private async Task<string[]> CompleteAsync(string line, string? socket = null)
    {
        const string Script =
            """
            source <(insula completion bash)
            COMP_LINE=$1 COMP_POINT=${#1}
            read -ra COMP_WORDS <<<"$1"
            [[ $1 != *' ' ]] || COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _insula
            [ ${#COMPREPLY[@]} = 0 ] || printf '%s\n' "${COMPREPLY[@]}"
            """;
        var result = await Commands.RunAsync("bash", ["-c", Script, "bash", line], environment: new Dictionary<string, string>
        {
            ["PATH"] = $"{Path.GetDirectoryName(Repository.Program("insula"))}:{Environment.GetEnvironmentVariable("PATH")}",
            ["INSULA_SOCKET"] = socket ?? _insula.Socket,
        });
        Assert.Equal("", result.Error);
        return result.Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static void AssertSaid(CommandResult result, string output, string error)
    {
        result.Succeeded();
        Assert.Equal((output, error), (result.Output, result.Error));
    }
}
