using System.Text.Json.Nodes;
using Insula.Cli.Client;
using Insula.Cli.Commands;
using Insula.Cli.Output;

namespace Insula.Cli.Tests;

public sealed class ConfigTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("insula-config-").FullName;

    [Fact]
    public void Files_directories_and_words_become_keys()
    {
        File.WriteAllText(At("a.conf"), "one\n");
        Directory.CreateDirectory(At("many/below"));
        File.WriteAllText(At("many/b"), "2");
        File.WriteAllBytes(At("many/c"), [0xFF, 0]);
        var data = ConfigSources.Read([At("a.conf"), "named=" + At("a.conf"), At("many")], ["k=v=w", "empty="]);
        Assert.Equal(["a.conf", "b", "c", "empty", "k", "named"], data.Keys.Order());
        var map = ConfigSources.ConfigMap(data);
        Assert.Equal(("one\n", "v=w", ""), ((string?)map["data"]!["a.conf"], (string?)map["data"]!["k"], (string?)map["data"]!["empty"]));
        Assert.Equal("""{"c":"/wA="}""", map["binaryData"]!.ToJsonString());
        Assert.Equal("dj13", (string?)ConfigSources.Secret(data)["data"]!["k"]);
    }

    [Fact]
    public void What_is_wrong_is_said_without_the_value()
    {
        Assert.Contains("twice", Assert.Throws<CommandException>(() => ConfigSources.Read([], ["a=1", "a=2"])).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", Assert.Throws<CommandException>(() => ConfigSources.Read([], ["hush"])).Message, StringComparison.Ordinal);
        Assert.Contains("no-such-file", Assert.Throws<CommandException>(() => ConfigSources.Read([At("no-such-file")], [])).Message, StringComparison.Ordinal);
        Assert.Contains("directory", Assert.Throws<CommandException>(() => ConfigSources.Read(["k=" + _directory], [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_is_described_by_its_sizes_and_a_config_map_by_its_texts()
    {
        Assert.Contains("4 bytes", Described("Secret", "aHVzaA=="), StringComparison.Ordinal);
        Assert.DoesNotContain("aHVzaA", Described("Secret", "aHVzaA=="), StringComparison.Ordinal);
        Assert.Contains("text", Described("ConfigMap", "text"), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static string Described(string kind, string value)
    {
        using var output = new StringWriter();
        ConfigDescription.Write(new Outline(output), new JsonObject
        {
            ["kind"] = kind,
            ["metadata"] = new JsonObject
            {
                ["name"] = "n",
                ["annotations"] = new JsonObject { ["kubectl.kubernetes.io/last-applied-configuration"] = $$$"""{"data":{"k":"{{{value}}}"}}""" },
            },
            ["data"] = new JsonObject { ["k"] = value },
        });
        return output.ToString();
    }

    private string At(string name) => Path.Combine(_directory, name);
}
