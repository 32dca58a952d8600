using System.Text.Json.Nodes;
using Insula.Network.Cni;

namespace Insula.Network.Tests.Cni;

public sealed class CniChainTests : IDisposable
{
    private readonly string _programs = Directory.CreateTempSubdirectory("insula-cni-").FullName;
    private readonly FakeRunner _runner = new();

    public CniChainTests()
    {
        foreach (string name in (string[])["a", "b", "c"])
        {
            File.WriteAllText(Path.Combine(_programs, name), "");
        }
    }

    public void Dispose() => Directory.Delete(_programs, recursive: true);

    [Theory]
    [InlineData("0.3.1", false)]
    [InlineData("0.4.0", true)]
    [InlineData("1.1.0", true)]
    public async Task ADD_goes_forth_and_DEL_back(string version, bool delIsTold)
    {
        CniChain chain = new(_runner);
        CniAttachment attachment = Attachment(version);
        CniResult result = await chain.AddAsync(attachment, "/n", CancellationToken.None);
        await chain.DeleteAsync(attachment with { Result = result }, "", CancellationToken.None);
        Assert.Equal(["ADD a", "ADD b", "ADD c", "DEL c", "DEL b", "DEL a"], _runner.Calls.Select(c => c.What));
        Assert.Equal([null, "a", "b"], _runner.Calls.Take(3).Select(c => (string?)c.Input["prevResult"]?["by"]));
        Assert.All(_runner.Calls.Skip(3), c => Assert.Equal(delIsTold ? "c" : null, (string?)c.Input["prevResult"]?["by"]));
        Assert.All(_runner.Calls, c => Assert.Equal(version, (string?)c.Input["cniVersion"]));
        Assert.Contains("CNI_NETNS=/n", _runner.Calls[0].Environment);
        Assert.Contains("CNI_NETNS=", _runner.Calls[3].Environment);
        Assert.Contains($"CNI_PATH={_programs}", _runner.Calls[0].Environment);
        Assert.Equal("""{"mac":"02:00:00:00:00:01"}""", _runner.Calls[1].Input["runtimeConfig"]!.ToJsonString());
        Assert.Null(_runner.Calls[0].Input["runtimeConfig"]);
    }

    [Fact]
    public async Task An_ADD_that_fails_ends_the_chain_and_a_DEL_that_fails_is_told()
    {
        _runner.Failing = "ADD b";
        CniException e = await Assert.ThrowsAsync<CniException>(() => new CniChain(_runner).AddAsync(Attachment("1.0.0"), "/n", CancellationToken.None));
        Assert.Equal("the CNI plug-in b (ADD) failed: told to (code 9)", e.Message);
        Assert.Equal(["ADD a", "ADD b"], _runner.Calls.Select(c => c.What));
        _runner.Failing = "DEL b";
        await Assert.ThrowsAsync<CniException>(() => new CniChain(_runner).DeleteAsync(Attachment("1.0.0"), "", CancellationToken.None));
    }

    [Fact]
    public async Task CHECK_and_GC_are_not_called_where_the_list_or_the_version_has_none()
    {
        CniChain chain = new(_runner);
        CniAttachment attachment = Attachment("1.1.0") with { Result = CniResult.Read([], "1.1.0") };
        CniList without = attachment.List with { DisableCheck = true, DisableGC = true };
        await chain.CheckAsync(attachment with { Version = "0.3.1" }, "/n", CancellationToken.None);
        await chain.CheckAsync(attachment with { List = without }, "/n", CancellationToken.None);
        await chain.CollectAsync(without, "1.1.0", [_programs], [attachment], CancellationToken.None);
        await chain.CollectAsync(attachment.List, "1.0.0", [_programs], [attachment], CancellationToken.None);
        await chain.StatusAsync(attachment.List, "1.0.0", [_programs], CancellationToken.None);
        Assert.Empty(_runner.Calls);
        await chain.CheckAsync(attachment, "/n", CancellationToken.None);
        _runner.Failing = "GC a";
        CniException e = await Assert.ThrowsAsync<CniException>(() => chain.CollectAsync(attachment.List, "1.1.0", [_programs], [attachment], CancellationToken.None));
        Assert.Contains("(GC) failed", e.Message, StringComparison.Ordinal);
        Assert.Equal(["CHECK a", "CHECK b", "CHECK c", "GC a", "GC b", "GC c"], _runner.Calls.Select(c => c.What));
        Assert.Equal("""[{"containerID":"u-0","ifname":"eth0"}]""", _runner.Calls[3].Input["cni.dev/valid-attachments"]!.ToJsonString());
    }

    [Fact]
    public async Task A_plug_in_that_is_not_there_is_named()
    {
        File.Delete(Path.Combine(_programs, "b"));
        CniException e = await Assert.ThrowsAsync<CniException>(() => new CniChain(_runner).AddAsync(Attachment("1.0.0"), "/n", CancellationToken.None));
        Assert.Contains($"the CNI plug-in b is not in {_programs}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_attachment_is_read_back_as_it_was_written()
    {
        CniAttachment attachment = Attachment("1.0.0") with { Result = CniResult.Read(JsonNode.Parse("""{"ips":[{"address":"10.1.0.5/16"}]}""")!.AsObject(), "1.0.0"), Ending = true };
        CniAttachment back = CniAttachment.Read(System.Text.Encoding.UTF8.GetString(attachment.ToBytes()));
        Assert.Equal(attachment.ToBytes(), back.ToBytes());
        Assert.Equal((attachment.SandboxId, attachment.Version, true), (back.SandboxId, back.Version, back.Ending));
        Assert.Equal(attachment.Result.Addresses, back.Result!.Addresses);
        Assert.Throws<CniException>(() => CniAttachment.Read("{}"));
    }

    private CniAttachment Attachment(string version) => new()
    {
        SandboxId = "u-0",
        List = CniList.Parse("""{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"a"},{"type":"b","capabilities":{"mac":true,"ips":true}},{"type":"c"}]}"""),
        Version = version,
        Directories = [_programs],
        Interface = "eth0",
        Arguments = "",
        Capabilities = new JsonObject { ["mac"] = "02:00:00:00:00:01", ["bandwidth"] = new JsonObject() },
    };

    private sealed class FakeRunner : ICniRunner
    {
        public List<(string What, JsonObject Input, IReadOnlyList<string> Environment)> Calls { get; } = [];

        public string? Failing { get; set; }

        public Task<CniOutput> RunAsync(string program, IReadOnlyList<string> environment, string input, CancellationToken ct)
        {
            string name = Path.GetFileName(program);
            string what = $"{environment.Single(e => e.StartsWith("CNI_COMMAND=", StringComparison.Ordinal))["CNI_COMMAND=".Length..]} {name}";
            Calls.Add((what, JsonNode.Parse(input)!.AsObject(), environment));
            return Task.FromResult(what == Failing
                ? new CniOutput(1, """{"code":9,"msg":"told to"}""", "")
                : new CniOutput(0, what.StartsWith("ADD", StringComparison.Ordinal) ? $$"""{"by":"{{name}}"}""" : "", ""));
        }
    }
}
