using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Insula.Ingresses.Model;

namespace Insula.Ingresses.Tests;

public sealed class CertificateTests
{
    private const string Default = """{"defaultBackend":{"service":{"name":"web","port":{"number":80}}},"tls":[{"hosts":["a.example","*.b.example"],"secretName":"s"}]}""";

    [Fact]
    public void A_certificate_is_served_for_the_hosts_that_are_named()
    {
        var (certificate, key) = World.Certificate("other.example");
        var model = new World().Secret("s", certificate, key).Ingress("web", Default).Model;
        var found = Assert.Single(model.Certificates);
        Assert.Equal(["*.b.example", "a.example"], found.Hosts);
        using var read = X509Certificate2.CreateFromPem(found.Pem, found.Pem);
        Assert.True(read.HasPrivateKey);
        Assert.DoesNotContain(model.Notes, n => n.Reason == "NoCertificate");
    }

    [Fact]
    public void Without_hosts_it_is_served_for_those_it_names()
    {
        var (certificate, key) = World.Certificate("c.example", "*.d.example");
        var model = new World().Secret("s", certificate, key).Ingress("web", """{"defaultBackend":{"service":{"name":"web","port":{"number":80}}},"tls":[{"secretName":"s"}]}""").Model;
        Assert.Equal(["*.d.example", "c.example"], Assert.Single(model.Certificates).Hosts);
    }

    [Fact]
    public void A_host_has_the_certificate_of_the_older_one()
    {
        var (one, two) = (World.Certificate("a.example"), World.Certificate("a.example"));
        var model = new World().Secret("s", one.Certificate, one.Key).Secret("t", two.Certificate, two.Key).Ingress("old", Default)
            .Ingress("new", """{"defaultBackend":{"service":{"name":"web","port":{"number":80}}},"tls":[{"hosts":["a.example","e.example"],"secretName":"t"}]}""").Model;
        Assert.Equal(["*.b.example a.example", "e.example"], model.Certificates.Select(c => string.Join(' ', c.Hosts)).Order(StringComparer.Ordinal));
        Assert.Contains(model.Notes, n => n.Message == "the certificate of a.example is served for the Ingress default/old, which is older");
    }

    [Fact]
    public void Another_content_has_another_name()
    {
        var (one, two) = (World.Certificate("a.example"), World.Certificate("a.example"));
        Assert.NotEqual(
            Assert.Single(new World().Secret("s", one.Certificate, one.Key).Ingress("web", Default).Model.Certificates).Name,
            Assert.Single(new World().Secret("s", two.Certificate, two.Key).Ingress("web", Default).Model.Certificates).Name);
    }

    [Fact]
    public void What_OpenSSL_would_refuse_is_left_out_and_the_rest_is_served()
    {
        var good = World.Certificate("a.example");
        using var small = RSA.Create(1024);
        using var usual = RSA.Create(2048);
        var weak = World.Signed(new CertificateRequest("CN=x", small, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1), "a.example");
        var unusual = World.Signed(new CertificateRequest("CN=x", usual, HashAlgorithmName.SHA256, RSASignaturePadding.Pss), "a.example");
        foreach (var (certificate, key, expected) in new[]
        {
            ("", good.Key, "tls.crt has 0 certificates"), (good.Certificate, "", "cannot be read"), (good.Certificate, World.Certificate("a.example").Key, "its key is not that of its certificate"),
            ("nonsense", "nonsense", "0 certificates"), (good.Certificate, usual.ExportPkcs8PrivateKeyPem(), "cannot be read"), (weak, small.ExportPkcs8PrivateKeyPem(), "its key has 1024 bits"),
            (unusual, usual.ExportPkcs8PrivateKeyPem(), "is signed by"), (good.Certificate.Replace("MII", "MIJ", StringComparison.Ordinal), good.Key, "cannot be read"),
            (good.Certificate, good.Certificate, "cannot be read"), ("\u00e9", good.Key, "it has no text tls.crt"),
        })
        {
            var model = new World().Secret("s", certificate, key).Secret("t", good.Certificate, good.Key)
                .Ingress("web", Default).Ingress("other", """{"defaultBackend":{"service":{"name":"web","port":{"number":80}}},"tls":[{"hosts":["z.example"],"secretName":"t"}]}""").Model;
            Assert.Contains(model.Notes, n => n.Reason == "NoCertificate" && n.About.Metadata.Name == "web" && n.Message.Contains(expected, StringComparison.Ordinal));
            Assert.Equal(["z.example"], Assert.Single(model.Certificates).Hosts);
        }
    }

    [Fact]
    public void What_stands_around_a_certificate_comes_nowhere()
    {
        var (certificate, key) = World.Certificate("a.example");
        var model = new World().Secret("s", "global\n  chroot /\n" + certificate + "\nbackend evil\n", "evil\n" + key).Ingress("web", Default).Model;
        Assert.DoesNotContain("evil", Assert.Single(model.Certificates).Pem, StringComparison.Ordinal);
    }
}
