using Insula.Network.Host;

namespace Insula.Network.Tests.Host;

public sealed class HostSettingsFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("insula-test-").FullName;
    private readonly HostSetting _setting = new("eth0.7", 4, "ipv4/forwarding", "0", "1");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void What_was_written_is_read_in_the_same_boot_only()
    {
        string run = Path.Combine(_directory, "not", "there");
        new HostSettingsFile(run, "boot-1").Write([_setting]);
        Assert.Equal([_setting], new HostSettingsFile(run, "boot-1").Read());
        Assert.Empty(new HostSettingsFile(run, "boot-2").Read());
    }

    [Fact]
    public void Nothing_changed_means_no_file()
    {
        HostSettingsFile file = new(_directory, "boot-1");
        Assert.Empty(file.Read());
        file.Write([_setting]);
        file.Write([]);
        Assert.Empty(Directory.GetFileSystemEntries(_directory));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[1]")]
    public void A_broken_file_is_named_with_the_way_out(string text)
    {
        File.WriteAllText(Path.Combine(_directory, "host-settings.json"), text);
        Assert.Contains("host-settings.json is broken", Assert.Throws<NetworkException>(() => new HostSettingsFile(_directory, "b").Read()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_setting_knows_its_file() => Assert.Equal("/proc/sys/net/ipv4/conf/eth0.7/forwarding", _setting.Path);
}
