using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Network;

/// <summary>A host whose name server is systemd-resolved's stub on its loopback, where no pod can reach it.</summary>
public sealed class HostResolverTests(HostResolverTests.Fixture fixture) : IClassFixture<HostResolverTests.Fixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Pods_get_the_servers_that_the_stub_asks_and_are_told_what_is_out_of_reach()
    {
        await _insula.ApplyAsync(Manifests.Pod("first", Manifests.Forever));
        await _insula.ApplyAsync(Manifests.Pod("second", Manifests.Forever, spec: new { dnsPolicy = "ClusterFirst" }));
        await _insula.ApplyAsync(Manifests.Pod("plain", Manifests.Forever, spec: new { dnsPolicy = "Default" }));
        foreach (var name in (string[])["first", "second", "plain"])
        {
            await _insula.WaitForReadyAsync(name);
            var resolver = (await _insula.CliAsync("exec", name, "--", "cat", "/etc/resolv.conf")).Succeeded();
            Assert.Equal(["nameserver 192.0.2.53", "nameserver 2001:db8::53", "search upstream.example"], resolver.Trim().Split('\n'));
            var events = (await _insula.CliAsync("events", "--for", $"pod/{name}", "--types", "Warning")).Succeeded();
            Assert.Contains("The host's name server 127.0.0.1 is a loopback address that no pod can reach; it was left out.", events, StringComparison.Ordinal);
        }

        // What the default policy means here is said to the operator, once.
        Assert.Single(_insula.DaemonLog.Split('\n'), line => line.Contains("dnsPolicy ClusterFirst acts as Default", StringComparison.Ordinal));
        await _insula.DeletePodAsync("first");
        await _insula.DeletePodAsync("second");
        await _insula.DeletePodAsync("plain");
    }

    [Fact]
    public async Task A_pod_in_the_host_s_network_asks_the_stub_itself()
    {
        await _insula.ApplyAsync(Manifests.Pod("host", Manifests.Forever, spec: new { hostNetwork = true, dnsPolicy = "Default" }));
        await _insula.WaitForReadyAsync("host");
        Assert.Equal(
            ["nameserver 127.0.0.53", "search stub.example", "options edns0"],
            (await _insula.CliAsync("exec", "host", "--", "cat", "/etc/resolv.conf")).Succeeded().Trim().Split('\n'));
        await _insula.DeletePodAsync("host");
    }

    public sealed class Fixture : InstanceFixture
    {
        protected override InstanceSetup Setup => new()
        {
            Config = $"{Config}\ncluster-dns: none",
            Mounts =
                """
                mount -t tmpfs tmpfs /run
                mkdir -p /run/systemd/resolve
                printf 'nameserver 127.0.0.53\noptions edns0\nsearch stub.example\n' > /run/systemd/resolve/stub-resolv.conf
                printf 'nameserver 192.0.2.53\nnameserver 127.0.0.1\nnameserver 2001:db8::53\nsearch upstream.example\n' > /run/systemd/resolve/resolv.conf
                mount --bind /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
                """,
        };
    }
}
