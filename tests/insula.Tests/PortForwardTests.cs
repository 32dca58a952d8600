using System.Net;
using System.Text.Json.Nodes;
using Insula.Cli.Client;

namespace Insula.Cli.Tests;

public sealed class PortForwardTests
{
    private static readonly JsonObject s_pod = Json("""
        {"metadata":{"name":"web"},"spec":{"containers":[{"ports":[{"name":"http","containerPort":8080}]},{}],
         "initContainers":[{"ports":[{"name":"admin","containerPort":9000}]}]}}
        """);

    [Theory]
    [InlineData("80", null, "80")]
    [InlineData("8080:80", 8080, "80")]
    [InlineData("0:80", 0, "80")]
    [InlineData(":80", 0, "80")]
    [InlineData("http", null, "http")]
    [InlineData("8080:http", 8080, "http")]
    public void Ports_are_written_as_in_kubectl(string word, int? local, string remote) =>
        Assert.Equal(new ForwardedPort(local, remote), ForwardedPort.Parse(word));

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("80:")]
    [InlineData("0")]
    [InlineData("80:0")]
    [InlineData("65536")]
    [InlineData("80:99999999999999999999")]
    [InlineData("http:80")]
    [InlineData("-1:80")]
    [InlineData("1:2:3")]
    public void What_is_no_port_is_refused(string word) => Assert.Throws<CommandException>(() => ForwardedPort.Parse(word));

    [Theory]
    [InlineData("80", 80)]
    [InlineData("http", 8080)]
    [InlineData("admin", 9000)]
    public void A_pods_port_has_a_number_or_a_name(string port, int number) =>
        Assert.Equal((number, number), ForwardTarget.Resolve(port, s_pod, null));

    [Theory]
    [InlineData("80", 80, 8080)]
    [InlineData("web", 80, 8080)]
    [InlineData("81", 81, 9999)]
    [InlineData("82", 82, 82)]
    public void A_Services_port_leads_to_its_target(string port, int shown, int remote) =>
        Assert.Equal((shown, remote), ForwardTarget.Resolve(port, s_pod, Service("10.0.0.1")));

    [Fact]
    public void A_headless_Service_leads_nowhere_else() =>
        Assert.Equal((80, 80), ForwardTarget.Resolve("80", s_pod, Service("None")));

    [Theory]
    [InlineData("8080")]
    [InlineData("53")]
    public void A_port_that_the_Service_does_not_have_or_that_is_UDP_is_refused(string port) =>
        Assert.Throws<CommandException>(() => ForwardTarget.Resolve(port, s_pod, Service("10.0.0.1")));

    [Fact]
    public void A_name_that_no_container_has_is_refused() =>
        Assert.Throws<CommandException>(() => ForwardTarget.Resolve("grpc", s_pod, null));

    [Fact]
    public void A_port_is_the_same_on_all_addresses_and_one_that_is_taken_is_told()
    {
        var listeners = PortForwarder.Listen(["localhost"], 0);
        var port = ((IPEndPoint)listeners[0].LocalEndPoint!).Port;
        Assert.All(listeners, l => Assert.Equal(port, ((IPEndPoint)l.LocalEndPoint!).Port));
        Assert.Contains($"port {port}", Assert.Throws<CommandException>(() => PortForwarder.Listen(["127.0.0.1"], port)).Message, StringComparison.Ordinal);
        Assert.Throws<CommandException>(() => PortForwarder.Listen(["example"], 0));
        foreach (var listener in listeners)
        {
            listener.Dispose();
        }
    }

    private static JsonObject Service(string address) => Json($$$"""
        {"metadata":{"name":"web"},"spec":{"clusterIP":"{{{address}}}","ports":[{"name":"web","port":80,"targetPort":"http","protocol":"TCP"},
         {"name":"other","port":81,"targetPort":9999},{"name":"same","port":82},{"name":"dns","port":53,"protocol":"UDP"}]}}
        """);

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
