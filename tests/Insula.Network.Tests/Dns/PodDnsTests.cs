using System.Net;
using Insula.Network.Dns;
using Insula.Network.Dns.Cluster;

namespace Insula.Network.Tests.Dns;

public sealed class PodDnsTests
{
    private static readonly HostResolver _plain = new() { ResolvConf = "# a comment\nnameserver 192.0.2.53\n; another\nsearch example.org lan\noptions ndots:2 rotate\n" };

    private static readonly ClusterDnsInfo _cluster = new(IPAddress.Parse("10.43.0.10"), "c.example");

    private static readonly HostResolver _stub = new()
    {
        ResolvConf = "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch lan\n",
        UpstreamResolvConf = "nameserver 192.0.2.53\nnameserver fe80::1%eth0\nsearch lan\n",
    };

    [Theory]
    [InlineData("Default")]
    [InlineData("ClusterFirst")]
    [InlineData("ClusterFirstWithHostNet")]
    public void The_hosts_file_is_taken_while_there_is_no_cluster_dns(string policy)
    {
        ResolvConf file = PodDns.Resolve(policy, null, _plain, hostNetwork: false, "default", null);
        Assert.Equal("nameserver 192.0.2.53\nsearch example.org lan\noptions ndots:2 rotate\n", file.Render());
        Assert.Empty(file.Warnings);
    }

    [Theory]
    [InlineData("ClusterFirst", false)]
    [InlineData("ClusterFirstWithHostNet", false)]
    [InlineData("ClusterFirstWithHostNet", true)]
    public void The_cluster_s_DNS_comes_first_with_its_searches(string policy, bool hostNetwork)
    {
        PodDnsConfig config = new() { Nameservers = ["198.51.100.1"], Searches = ["own.example", "lan"], Options = [new("ndots", "2"), new("edns0", null)] };
        Assert.Equal(
            "nameserver 10.43.0.10\nsearch shop.svc.c.example svc.c.example c.example example.org lan\noptions ndots:5\n",
            PodDns.Resolve(policy, null, _plain, hostNetwork, "shop", _cluster).Render());
        Assert.Equal(
            "nameserver 10.43.0.10\nnameserver 198.51.100.1\nsearch shop.svc.c.example svc.c.example c.example example.org lan own.example\noptions ndots:2 edns0\n",
            PodDns.Resolve(policy, config, _plain, hostNetwork, "shop", _cluster).Render());
    }

    [Theory]
    [InlineData("ClusterFirst", true)]
    [InlineData("Default", true)]
    [InlineData("Default", false)]
    public void The_host_s_servers_stay_where_the_cluster_s_is_not_asked_for(string policy, bool hostNetwork) =>
        Assert.Equal("nameserver 192.0.2.53\nsearch example.org lan\noptions ndots:2 rotate\n", PodDns.Resolve(policy, null, _plain, hostNetwork, "shop", _cluster).Render());

    [Fact]
    public void None_takes_the_pods_own_alone()
    {
        PodDnsConfig config = new() { Nameservers = ["198.51.100.1"], Searches = ["a.example"], Options = [new("ndots", "5"), new("edns0", null)] };
        Assert.Equal("nameserver 198.51.100.1\nsearch a.example\noptions ndots:5 edns0\n", PodDns.Resolve("None", config, _plain, false, "default", null).Render());
    }

    [Fact]
    public void The_pods_config_is_merged_behind_and_its_options_win()
    {
        PodDnsConfig config = new() { Nameservers = ["192.0.2.53", "198.51.100.1"], Searches = ["lan", "b.example"], Options = [new("ndots", "5"), new("timeout", "1")] };
        Assert.Equal(
            "nameserver 192.0.2.53\nnameserver 198.51.100.1\nsearch example.org lan b.example\noptions ndots:5 rotate timeout:1\n",
            PodDns.Resolve("Default", config, _plain, false, "default", null).Render());
    }

    [Fact]
    public void A_stub_on_the_loopback_is_replaced_by_the_servers_behind_it()
    {
        ResolvConf file = PodDns.Resolve("ClusterFirst", null, _stub, hostNetwork: false, "default", null);
        Assert.Equal(["192.0.2.53"], file.Nameservers);
        Assert.Contains(file.Warnings, w => w.Contains("fe80::1%eth0", StringComparison.Ordinal));
    }

    [Fact]
    public void A_pod_on_the_hosts_network_keeps_the_stub() =>
        Assert.Equal(["127.0.0.53"], PodDns.Resolve("Default", null, _stub, hostNetwork: true, "default", null).Nameservers);

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    public void A_loopback_server_without_a_replacement_is_left_out_with_a_warning(string server)
    {
        ResolvConf file = PodDns.Resolve("Default", null, new HostResolver { ResolvConf = $"nameserver {server}\n" }, false, "default", null);
        Assert.Empty(file.Nameservers);
        Assert.Equal(2, file.Warnings.Count);
        Assert.Contains(server, file.Warnings[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_host_without_a_file_says_that_names_will_not_resolve() =>
        Assert.Contains("no name server", Assert.Single(PodDns.Resolve("Default", null, new HostResolver(), false, "default", null).Warnings), StringComparison.Ordinal);

    [Fact]
    public void Too_many_servers_and_searches_are_cut_with_a_warning()
    {
        PodDnsConfig config = new()
        {
            Nameservers = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"],
            Searches = [.. Enumerable.Range(0, 33).Select(i => $"d{i}.example")],
        };
        ResolvConf file = PodDns.Resolve("None", config, _plain, false, "default", null);
        Assert.Equal(["192.0.2.1", "192.0.2.2", "192.0.2.3"], file.Nameservers);
        Assert.Equal(32, file.Searches.Count);
        Assert.Equal(2, file.Warnings.Count);
    }

    [Fact]
    public void A_search_list_of_too_many_characters_is_cut()
    {
        PodDnsConfig config = new() { Searches = [.. Enumerable.Range(0, 20).Select(i => new string((char)('a' + i), 120))] };
        ResolvConf file = PodDns.Resolve("None", config, _plain, false, "default", null);
        Assert.Equal(16, file.Searches.Count);
        Assert.Single(file.Warnings);
    }

    [Fact]
    public void An_unknown_policy_is_refused() =>
        Assert.Contains("ClusterLast", Assert.Throws<ArgumentException>(() => PodDns.Resolve("ClusterLast", null, _plain, false, "default", null)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_last_search_or_domain_line_counts() =>
        Assert.Equal(["c.example"], ResolvConf.Parse("search a.example b.example\ndomain c.example\nnameserver\nsortlist 1.2.3.4\n").Searches);
}
