using Insula.SystemTests.Network;

namespace Insula.SystemTests.Dns;

/// <summary>A daemon whose host asks servers that the test names.</summary>
public sealed class DnsFixture : OutsideFixture
{
    private readonly string _resolvConf = $"/var/tmp/insula-test-resolv-{Guid.NewGuid():n}";

    public DnsFixture() => Ask("192.0.2.2");

    protected override string Options => $"resolv-conf: {_resolvConf}\nback-off-initial: 1s\n";

    /// <summary>Writes which servers the host asks, as a program that manages such a file does: at once, by another one in its place.</summary>
    public void Ask(params string[] servers)
    {
        File.WriteAllText($"{_resolvConf}.new", string.Concat(servers.Select(s => $"nameserver {s}\n")) + "search host.example\n");
        File.Move($"{_resolvConf}.new", _resolvConf, overwrite: true);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        File.Delete(_resolvConf);
    }
}
