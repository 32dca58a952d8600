using System.Net;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Network;

/// <summary>A daemon whose host has a link to another namespace, which plays the rest of the world and knows the way to the pods.</summary>
public class OutsideFixture : InstanceFixture
{
    internal static readonly IPAddress HostAddress = IPAddress.Parse("192.0.2.1");
    internal static readonly IPAddress OutsideAddress = IPAddress.Parse("192.0.2.2");

    /// <summary>The rest of the world.</summary>
    internal TestNamespace Outside { get; } = new();

    /// <summary>The namespace that is the host's to the daemon.</summary>
    internal TestNamespace Host { get; private set; } = null!;

    protected override InstanceSetup Setup => new() { Config = $"pod-range-v6: fd83::/64\n{Options}", Prepare = LinkAsync };

    /// <summary>More of the configuration file.</summary>
    protected virtual string Options => "";

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Host?.Dispose();
        Outside.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task LinkAsync(Instance instance)
    {
        Host = TestNamespace.Open($"/run/netns/{instance.NetworkNamespace}");
        await Host.ShAsync(
            $"ip link add up0 type veth peer name eth0 netns {Outside.Path}; ip addr add 192.0.2.1/24 dev up0; ip -6 addr add 2001:db8::1/64 dev up0 nodad; ip link set up0 up");
        await Outside.ShAsync(
            "ip link set lo up; ip addr add 192.0.2.2/24 dev eth0; ip -6 addr add 2001:db8::2/64 dev eth0 nodad; ip link set eth0 up;"
            + "ip route add 10.0.0.0/8 via 192.0.2.1; ip -6 route add fd83::/64 via 2001:db8::1; ip -6 route add fd43::/112 via 2001:db8::1");
        await Host.ShAsync("ip route add default via 192.0.2.2; ip -6 route add default via 2001:db8::2");
    }
}
