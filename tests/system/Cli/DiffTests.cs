using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Cli;

/// <summary>What would change, and what kubectl's users try first.</summary>
public sealed class DiffTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private const string Map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {colour: blue}\n";
    private const string Secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: first-word, user: me}\n";
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Differences_are_told_as_diff_does_and_change_nothing()
    {
        var (code, output) = await DiffAsync(Map);
        Assert.Equal(1, code);
        Assert.Contains("--- LIVE/v1.ConfigMap.default.settings", output, StringComparison.Ordinal);
        Assert.Contains("+++ MERGED/v1.ConfigMap.default.settings", output, StringComparison.Ordinal);
        Assert.Contains("+  colour: blue", output, StringComparison.Ordinal);
        Assert.NotEqual(0, (await _insula.CliAsync("get", "configmap", "settings")).ExitCode);

        await _insula.ApplyAsync(Map);
        Assert.Equal((0, ""), await DiffAsync(Map));
        (code, output) = await DiffAsync(Map.Replace("blue", "green", StringComparison.Ordinal));
        Assert.Equal(1, code);
        Assert.Contains("-  colour: blue\n+  colour: green", output, StringComparison.Ordinal);
        Assert.DoesNotContain("last-applied", output, StringComparison.Ordinal);
        Assert.Contains("blue", (await _insula.CliAsync("get", "configmap", "settings", "-o", "yaml")).Succeeded(), StringComparison.Ordinal);
        (await _insula.CliAsync("delete", "configmap", "settings")).Succeeded();
    }

    [Fact]
    public async Task No_value_of_a_secret_is_shown()
    {
        await _insula.ApplyAsync(Secret);
        var (code, output) = await DiffAsync(Secret.Replace("first-word", "second-word", StringComparison.Ordinal));
        Assert.Equal(1, code);
        Assert.Matches(@"-  password: .\*\*\* \(before\).\n\+  password: .\*\*\* \(after\).", output);
        foreach (var word in (string[])["first-word", "second-word"])
        {
            Assert.DoesNotContain(word, output, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(word)), output, StringComparison.Ordinal);
        }

        (await _insula.CliAsync("delete", "secret", "login")).Succeeded();
    }

    [Fact]
    public async Task A_namespace_that_comes_with_its_objects_is_no_error()
    {
        var (code, output) = await DiffAsync("apiVersion: v1\nkind: Namespace\nmetadata: {name: coming}\n---\n" + Map.Replace("{name: settings}", "{name: settings, namespace: coming}", StringComparison.Ordinal));
        Assert.Equal(1, code);
        Assert.Contains("+++ MERGED/v1.Namespace.coming", output, StringComparison.Ordinal);
        Assert.Contains("+++ MERGED/v1.ConfigMap.coming.settings", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_is_no_difference()
    {
        Assert.Equal(2, (await _insula.CliWithInputAsync("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n", "diff", "-f", "-")).ExitCode);
        Assert.Equal(2, (await _insula.CliAsync("diff", "-f", "/nowhere.yaml")).ExitCode);
        Assert.Equal(2, (await _insula.CliAsync("diff", "--nonsense")).ExitCode);
        Assert.Equal(2, (await _insula.CliWithInputAsync(Map, "diff", "-f", "-", "--socket", "/nowhere")).ExitCode);
    }

    [Theory]
    [InlineData("ls -1", 0, "v1.ConfigMap.default.settings")]
    [InlineData("no-such-program", 2, "")]
    public async Task Another_program_may_compare(string program, int code, string said)
    {
        var result = await Commands.RunAsync(
            Repository.Program("insula"), ["diff", "-f", "-"], Map, new Dictionary<string, string> { ["INSULA_SOCKET"] = _insula.Socket, ["INSULA_EXTERNAL_DIFF"] = program });
        Assert.Equal(code, result.ExitCode);
        Assert.Contains(said, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_and_lists_of_kinds_are_kubectls()
    {
        await _insula.ApplyAsync(Manifests.Pod("one", Manifests.Forever, metadata: new { labels = new Dictionary<string, string> { ["example.com/tier"] = "front" } }));
        await _insula.ApplyAsync("apiVersion: v1\nkind: Service\nmetadata: {name: two}\nspec: {ports: [{port: 80}]}\n");
        await _insula.ApplyAsync(Map);
        var all = (await _insula.CliAsync("get", "all")).Succeeded();
        Assert.Contains("pod/one", all, StringComparison.Ordinal);
        Assert.Contains("service/two", all, StringComparison.Ordinal);
        Assert.DoesNotContain("settings", all, StringComparison.Ordinal);
        Assert.Contains("NAMESPACE", (await _insula.CliAsync("get", "all", "-A", "-o", "wide")).Succeeded(), StringComparison.Ordinal);
        Assert.Contains("configmap/settings", (await _insula.CliAsync("get", "pods,cm,all")).Succeeded(), StringComparison.Ordinal);
        Assert.Matches("TIER\\s*\\n.*front", (await _insula.CliAsync("get", "pods", "-L", "example.com/tier")).Succeeded());
        (await _insula.CliAsync("create", "namespace", "made")).Succeeded();
        Assert.Contains("made", (await _insula.CliAsync("get", "ns")).Succeeded(), StringComparison.Ordinal);
        (await _insula.CliAsync("delete", "ns", "made")).Succeeded();
        (await _insula.CliAsync("delete", "all", "--all")).Succeeded();
        Assert.Equal("", (await _insula.CliAsync("get", "all")).Succeeded());
        (await _insula.CliAsync("delete", "configmap", "settings")).Succeeded();
    }

    private async Task<(int Code, string Output)> DiffAsync(string manifest)
    {
        var result = await _insula.CliWithInputAsync(manifest, "diff", "-f", "-");
        Assert.True(result.ExitCode is 0 or 1, result.Error);
        return (result.ExitCode, result.Output);
    }
}
