using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Network.Balancers;

namespace Insula.Network.Tests.Balancers;

public sealed class ExecProtocolTests
{
    private static readonly BalancerRequest _request = BalancerRequest.Of(
        new Service
        {
            Metadata = new() { Name = "web", Namespace = "default", Uid = "u" },
            Spec = new() { Type = ServiceTypeNames.LoadBalancer, ExternalTrafficPolicy = TrafficPolicies.Local, HealthCheckNodePort = 30100, Ports = [new() { Port = 80, Protocol = "TCP", NodePort = 30080 }] },
            Status = new() { LoadBalancer = new() { Ingress = [new() { Ip = "203.0.113.7", IpMode = "VIP" }] } },
        },
        ["192.0.2.1"]);

    [Fact]
    public void A_question_says_what_is_known() => Assert.True(JsonNode.DeepEquals(
        JsonNode.Parse("""
            {"version":1,"action":"ensure","node":"vm","service":{"uid":"u","namespace":"default","name":"web","annotations":{},"ipFamilies":["IPv4"],"loadBalancerIP":null,"loadBalancerSourceRanges":[],
            "externalTrafficPolicy":"Local","healthCheckNodePort":30100,"ports":[{"name":"","protocol":"TCP","port":80,"nodePort":30080}]},
            "nodeAddresses":["192.0.2.1"],"ingress":[{"ip":"203.0.113.7","ipMode":"VIP"}]}
            """),
        ExecProtocol.Ask(ExecProtocol.Ensure, "vm", _request)));

    [Fact]
    public void An_answer_is_given_the_Service_s_ports()
    {
        var given = Assert.IsType<BalancerAnswer.Given>(ExecProtocol.ReadIngress("""{"ingress":[{"ip":"203.0.113.7"},{"hostname":"web.example.org"},{"ip":"2001:db8::7","ipMode":"Proxy"}]}""", _request));
        Assert.Equal([("203.0.113.7", null, "VIP"), (null, "web.example.org", null), ("2001:db8::7", null, "Proxy")], given.Ingress.Select(i => (i.Ip, i.Hostname, i.IpMode)));
        Assert.All(given.Ingress, i => Assert.Equal((80, "TCP"), (i.Ports[0].Port, i.Ports[0].Protocol)));
        Assert.Equal("no address is left", Assert.IsType<BalancerAnswer.Refused>(ExecProtocol.ReadIngress("""{"error":"no address\nis left"}""".Replace("\n", "\\n", StringComparison.Ordinal), _request)).Why);
    }

    [Theory]
    [InlineData("", "no JSON")]
    [InlineData("[]", "no JSON object")]
    [InlineData("{}", "no ingress")]
    [InlineData("{\"ingress\":[]}", "no ingress")]
    [InlineData("{\"ingress\":[7]}", "no object")]
    [InlineData("{\"ingress\":[{}]}", "either an ip or a hostname")]
    [InlineData("{\"ingress\":[{\"ip\":\"203.0.113.7\",\"hostname\":\"a\"}]}", "either an ip or a hostname")]
    [InlineData("{\"ingress\":[{\"ip\":\"203.0.113\"}]}", "no IP address")]
    [InlineData("{\"ingress\":[{\"ip\":7}]}", "ip is no text")]
    [InlineData("{\"ingress\":[{\"hostname\":\"a b\"}]}", "no DNS name")]
    [InlineData("{\"ingress\":[{\"ip\":\"203.0.113.7\",\"ipMode\":\"DSR\"}]}", "no ipMode")]
    [InlineData("{\"ingress\":1,\"ingress\":2}", "no JSON")]
    public void What_makes_no_sense_is_said(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => ExecProtocol.ReadIngress(text, _request)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_list_names_Services()
    {
        Assert.Equal([new BalancerName("u", "default", "web")], ExecProtocol.ReadList("""{"services":[{"uid":"u","namespace":"default","name":"web","more":1}]}"""));
        foreach (var wrong in (string[])["{}", """{"services":[{"uid":"","namespace":"a","name":"b"}]}""", """{"services":[1]}""", "x"])
        {
            Assert.Throws<FormatException>(() => ExecProtocol.ReadList(wrong));
        }
    }

    [Fact]
    public void A_change_that_nobody_asks_about_is_none()
    {
        Assert.True(_request.AsksFor(_request with { Present = [], Ports = [.. _request.Ports] }));
        Assert.False(_request.AsksFor(_request with { SourceRanges = ["192.0.2.0/24"] }));
        Assert.False(_request.AsksFor(null));
    }
}
