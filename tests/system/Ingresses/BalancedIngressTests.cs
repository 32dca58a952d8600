using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Ingresses;

/// <summary>Ingresses at the usual ports of the machine's own address.</summary>
public sealed class BalancedIngressTests(OutsideFixture fixture) : IClassFixture<OutsideFixture>
{
    private readonly Instance _insula = fixture.Instance;
    private readonly Doors _doors = new(fixture.Instance, fixture.Outside);

    [Fact]
    public async Task They_are_reached_at_the_usual_ports_with_the_client_s_address()
    {
        await using var echo = await EchoServer.StartAsync(fixture.Outside, 9106);
        await _doors.ServiceOutsideAsync("usual", 9106);
        var certificate = await _doors.CertificateAsync("usual", "a.example");
        await _insula.ApplyAsync(Doors.Ingress("usual", [("a.example", ["Prefix / usual:80"])], new { tls = new[] { new { secretName = "usual" } } }));
        await Eventually.TrueAsync(async () => await _doors.ServedAsync("usual") == (80, 443), "the Ingress tells the usual ports");
        Assert.Contains($"x-forwarded-for: {OutsideFixture.OutsideAddress}\r\n", await _doors.AskAsync("a.example", 80), StringComparison.OrdinalIgnoreCase);
        Assert.StartsWith("200", await _doors.AskAsync("a.example", 443, "/", "--cacert", certificate), StringComparison.Ordinal);
        (await _insula.CliAsync("delete", "ingress", "usual")).Succeeded();
        await _doors.GoneAsync();
        Assert.Null(await fixture.Outside.TryConnectAsync(Doors.At(80), TimeSpan.FromSeconds(1)));
        (await _insula.CliAsync("delete", "service", "usual")).Succeeded();
        await _insula.CliAsync("delete", "endpoints", "usual", "--ignore-not-found");
    }
}
