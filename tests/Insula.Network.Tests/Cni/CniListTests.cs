using Insula.Network.Cni;

namespace Insula.Network.Tests.Cni;

public sealed class CniListTests
{
    [Fact]
    public void A_list_is_read()
    {
        CniList list = CniList.Parse("""{"cniVersion":"0.4.0","cniVersions":["1.0.0","1.1.0"],"name":"n.1","disableCheck":true,"disableGC":"true","plugins":[{"type":"bridge","capabilities":{"ips":true,"mac":false}},{"type":"portmap"}]}""");
        Assert.Equal(("n.1", true, true), (list.Name, list.DisableCheck, list.DisableGC));
        Assert.Equal(["0.4.0", "1.0.0", "1.1.0"], list.Versions);
        Assert.Equal(["bridge", "portmap"], list.Plugins.Select(p => p.Type));
        Assert.Equal(["ips"], list.Plugins[0].Capabilities);
    }

    [Theory]
    [InlineData("", "no JSON")]
    [InlineData("[]", "no JSON object")]
    [InlineData("""{"name":"n","plugins":[{"type":"a"}]}""", "cniVersion: required")]
    [InlineData("""{"cniVersion":"0.2.0","name":"n","plugins":[{"type":"a"}]}""", "spoken are")]
    [InlineData("""{"cniVersion":"one","name":"n","plugins":[{"type":"a"}]}""", "no version")]
    [InlineData("""{"cniVersion":"1.0.0","plugins":[{"type":"a"}]}""", "name: required")]
    [InlineData("""{"cniVersion":"1.0.0","name":"../n","plugins":[{"type":"a"}]}""", "name: ")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","name":"m","plugins":[{"type":"a"}]}""", "no JSON")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n"}""", "plugins: required")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","type":"bridge"}""", "single plug-in")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","plugins":[]}""", "at least one")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","plugins":[{}]}""", "plugins[0].type: required")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"../bin/sh"}]}""", "plugins[0].type: ")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","plugins":["a"]}""", "plugins[0]: an object")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"a","capabilities":{"mac":1}}]}""", "plugins[0].capabilities.mac: true or false")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","plugins":[{"type":"a","prevResult":{}}]}""", "plugins[0].prevResult: ")]
    [InlineData("""{"cniVersion":"1.0.0","name":"n","disableCheck":"perhaps","plugins":[{"type":"a"}]}""", "disableCheck: true or false")]
    public void What_is_not_right_is_refused_by_its_path(string text, string complaint) =>
        Assert.Contains(complaint, Assert.Throws<CniException>(() => CniList.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_first_list_by_name_holds_and_is_named_when_it_is_not_right()
    {
        string directory = Directory.CreateTempSubdirectory("insula-cni-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(directory, "10-single.conf"), "{}");
            Assert.Contains("10-single.conf is a single", Assert.Throws<CniException>(() => CniListFile.Load(directory)).Message, StringComparison.Ordinal);
            File.WriteAllText(Path.Combine(directory, "30-b.conflist"), """{"cniVersion":"1.0.0","name":"b","plugins":[{"type":"a"}]}""");
            File.WriteAllText(Path.Combine(directory, "20-a.conflist"), """{"cniVersion":"1.0.0","name":"a","plugins":[{"type":"a"}]}""");
            Assert.Equal("a", CniListFile.Load(directory).Name);
            File.WriteAllText(Path.Combine(directory, "10-c.conflist"), "{");
            Assert.Contains("10-c.conflist: ", Assert.Throws<CniException>(() => CniListFile.Load(directory)).Message, StringComparison.Ordinal);
            File.WriteAllBytes(Path.Combine(directory, "10-c.conflist"), new byte[CniList.MostBytes + 1]);
            Assert.Contains("more than", Assert.Throws<CniException>(() => CniListFile.Load(directory)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void The_newest_version_that_all_speak_is_chosen()
    {
        Assert.Equal("1.0.0", CniVersions.Choose(["0.4.0", "1.0.0", "1.1.0"], [["0.4.0", "1.0.0", "1.1.0"], ["0.4.0", "1.0.0"]]));
        Assert.Equal("1.1.0", CniVersions.Choose(["1.1.0"], [["1.1.0", "9.0.0"]]));
        Assert.Null(CniVersions.Choose(["1.1.0"], [["1.0.0"]]));
        Assert.Null(CniVersions.Choose(["9.0.0"], [["9.0.0"]]));
    }
}
