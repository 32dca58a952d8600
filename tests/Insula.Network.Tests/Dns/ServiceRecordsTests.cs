using System.Net;
using Insula.Api.Core;
using Insula.Api.Meta;
using Insula.Dns.Messages;
using Insula.Dns.Tables;
using Insula.Network.Dns.Cluster;
using Insula.Network.Services;

namespace Insula.Network.Tests.Dns;

/// <summary>Kubernetes' DNS specification, section by section.</summary>
public sealed class ServiceRecordsTests
{
    private const string Domain = "c.example";

    private static readonly ServicePort[] _ports =
    [
        new() { Name = "http", Port = 80, Protocol = "TCP" }, new() { Name = "dns", Port = 53, Protocol = "UDP" }, new() { Port = 9 },
    ];

    [Fact]
    public void A_Service_with_an_address_has_it_its_named_ports_and_its_way_back() => Same(
        ServiceRecords.Of(Service(new() { ClusterIP = "10.43.0.20", Ports = _ports }), [], Domain),
        "web.shop.svc.c.example A 10.43.0.20",
        "20.0.43.10.in-addr.arpa PTR web.shop.svc.c.example",
        "_http._tcp.web.shop.svc.c.example SRV 0 100 80 web.shop.svc.c.example",
        "_dns._udp.web.shop.svc.c.example SRV 0 100 53 web.shop.svc.c.example");

    [Fact]
    public void A_headless_one_has_its_ready_endpoints_by_their_names_or_addresses()
    {
        EndpointPort[] ports = [new() { Name = "http", Port = 8080, Protocol = "TCP" }, new() { Name = "", Port = 9 }];
        Same(
            ServiceRecords.Of(
                Service(new() { ClusterIP = ServiceSpec.Headless }),
                [
                    new("IPv4", ports, [Endpoint("10.83.0.2", "one"), Endpoint("10.83.0.3", null), Endpoint("10.83.0.4", "late", ready: false)]),
                    new("IPv6", ports, [Endpoint("2001:db8::7", null)]),
                ],
                Domain),
            "web.shop.svc.c.example A 10.83.0.2",
            "one.web.shop.svc.c.example A 10.83.0.2",
            "2.0.83.10.in-addr.arpa PTR one.web.shop.svc.c.example",
            "_http._tcp.web.shop.svc.c.example SRV 0 100 8080 one.web.shop.svc.c.example",
            "web.shop.svc.c.example A 10.83.0.3",
            "10-83-0-3.web.shop.svc.c.example A 10.83.0.3",
            "3.0.83.10.in-addr.arpa PTR 10-83-0-3.web.shop.svc.c.example",
            "_http._tcp.web.shop.svc.c.example SRV 0 100 8080 10-83-0-3.web.shop.svc.c.example",
            "web.shop.svc.c.example AAAA 2001:db8::7",
            "2001-db8-0-0-0-0-0-7.web.shop.svc.c.example AAAA 2001:db8::7",
            "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR 2001-db8-0-0-0-0-0-7.web.shop.svc.c.example",
            "_http._tcp.web.shop.svc.c.example SRV 0 100 8080 2001-db8-0-0-0-0-0-7.web.shop.svc.c.example");
    }

    [Fact]
    public void A_headless_one_without_ready_endpoints_has_no_name() =>
        Assert.Empty(ServiceRecords.Of(Service(new() { ClusterIP = ServiceSpec.Headless }), [new("IPv4", [], [Endpoint("10.83.0.4", null, ready: false)])], Domain));

    [Fact]
    public void An_external_one_is_another_name() => Same(
        ServiceRecords.Of(Service(new() { Type = ServiceTypeNames.ExternalName, ExternalName = "WWW.example.com." }), [], Domain), "web.shop.svc.c.example CNAME www.example.com");

    [Fact]
    public void What_is_too_long_for_DNS_has_no_name_and_the_rest_has()
    {
        var longest = new string('p', 63);
        Same(
            ServiceRecords.Of(Service(new() { ClusterIP = "10.43.0.20", Ports = [new() { Name = longest, Port = 80 }, new() { Name = longest[1..], Port = 81 }] }), [], Domain),
            "web.shop.svc.c.example A 10.43.0.20",
            "20.0.43.10.in-addr.arpa PTR web.shop.svc.c.example",
            $"_{longest[1..]}._tcp.web.shop.svc.c.example SRV 0 100 81 web.shop.svc.c.example");
        Assert.Empty(ServiceRecords.Of(Service(new() { Type = ServiceTypeNames.ExternalName, ExternalName = $"{longest}x.example" }), [], Domain));
    }

    [Theory]
    [InlineData("10.43.0.0/16", "43.10.in-addr.arpa")]
    [InlineData("10.83.4.0/22", "4.83.10.in-addr.arpa", "5.83.10.in-addr.arpa", "6.83.10.in-addr.arpa", "7.83.10.in-addr.arpa")]
    [InlineData("10.0.0.0/8", "10.in-addr.arpa")]
    [InlineData("192.0.2.16/30", "16.2.0.192.in-addr.arpa", "17.2.0.192.in-addr.arpa", "18.2.0.192.in-addr.arpa", "19.2.0.192.in-addr.arpa")]
    [InlineData("fd83::/64", "0.0.0.0.0.0.0.0.0.0.0.0.3.8.d.f.ip6.arpa")]
    public void A_range_has_the_zones_that_cover_it_and_no_more(string range, params string[] zones) =>
        Assert.Equal(zones, ReverseZones.Of(IPNetwork.Parse(range)).Select(z => DnsName.ToText(z)));

    private static Service Service(ServiceSpec spec) => new() { Metadata = new ObjectMeta { Name = "web", Namespace = "shop" }, Spec = spec };

    private static Endpoint Endpoint(string address, string? hostname, bool ready = true) =>
        new() { Addresses = [address], Hostname = hostname, Conditions = new() { Ready = ready } };

    private static void Same(IEnumerable<NamedRecord> records, params string[] expected) => Assert.Equal(expected, records.Select(Text));

    private static string Text(NamedRecord named)
    {
        var data = named.Record.Data.Span;
        return $"{DnsName.ToText(named.Name)} " + named.Record.Type switch
        {
            RecordTypes.A => $"A {new IPAddress(data)}",
            RecordTypes.AAAA => $"AAAA {new IPAddress(data)}",
            RecordTypes.PTR => $"PTR {DnsName.ToText(data)}",
            RecordTypes.CNAME => $"CNAME {DnsName.ToText(data)}",
            RecordTypes.SRV => $"SRV {(data[0] << 8) | data[1]} {(data[2] << 8) | data[3]} {(data[4] << 8) | data[5]} {DnsName.ToText(data[6..])}",
            _ => "?",
        };
    }
}
