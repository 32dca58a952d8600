using Insula.Images.Registry;
using Insula.Images.Tests.Support;

namespace Insula.Images.Tests.Registry;

public sealed class RegistryHostsTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData("docker.io", false, "https://registry-1.docker.io/v2/")]
    [InlineData("example.com:5000", false, "https://example.com:5000/v2/")]
    [InlineData("example.com:5000", true, "http://example.com:5000/v2/")]
    [InlineData("localhost:5000", false, "http://localhost:5000/v2/")]
    [InlineData("127.0.0.1:5000", false, "http://127.0.0.1:5000/v2/")]
    public void Without_files_it_is_the_registry(string domain, bool plain, string endpoint)
    {
        var host = Assert.Single(RegistryHosts.Of(_temporary.Path, domain, plain));
        Assert.Equal((domain, endpoint, true, true), (host.Name, host.Endpoint.ToString(), host.Pulls, host.Resolves));
        Assert.Null(host.Mirrors);
    }

    [Theory]
    [InlineData("example.com:5000", "example.com_5000_", true)]
    [InlineData("example.com:5000", "example.com:5000", true)]
    [InlineData("example.com:5000", "_default", true)]
    [InlineData("example.com:5000", "example.com", false)]
    [InlineData("[::1]:5000", "[::1]_5000_", true)]
    [InlineData("docker.io", "docker.io", true)]
    public void A_directory_is_found_by_name(string domain, string directory, bool found)
    {
        Write(directory, "[host.'https://mirror.example']");
        Assert.Equal(found ? 2 : 1, RegistryHosts.Of(_temporary.Path, domain, false).Count);
    }

    [Fact]
    public void Everything_said_is_taken()
    {
        Write("docker.io", """
            server = "https://hub.example"
            ca = "hub.pem"

            [host."https://first.example:8443"]
              capabilities = ["pull"]
              ca = ["/etc/one.pem", "two.pem"]
              client = [["me.pem", "me.key"]]
              [host."https://first.example:8443".header]
                X-One = "1"
                X-Many = ["a", "b"]

            [host."http://second.example/cache/v2/hub"]
              override_path = true
              skip_verify = true

            [host."third.example"]
            """);
        var hosts = RegistryHosts.Of(_temporary.Path, "docker.io", false);
        Assert.Equal(
            ["https://first.example:8443/v2/", "http://second.example/cache/v2/hub/", "https://third.example/v2/", "https://hub.example/v2/"],
            hosts.Select(h => h.Endpoint.ToString()));
        Assert.Equal(["first.example:8443", "second.example", "third.example", "docker.io"], hosts.Select(h => h.Name));
        Assert.Equal(["docker.io", "docker.io", "docker.io", null], hosts.Select(h => h.Mirrors));
        Assert.Equal([false, true, true, true], hosts.Select(h => h.Resolves));
        Assert.Equal([false, true, false, false], hosts.Select(h => h.AnyCertificate));
        var place = Path.Combine(_temporary.Path, "docker.io");
        Assert.Equal(["/etc/one.pem", Path.Combine(place, "two.pem")], hosts[0].Authorities);
        Assert.Equal((Path.Combine(place, "me.pem"), Path.Combine(place, "me.key")), hosts[0].Client);
        Assert.Equal([("X-One", "1"), ("X-Many", "a"), ("X-Many", "b")], hosts[0].Headers);
        Assert.Equal([Path.Combine(place, "hub.pem")], hosts[3].Authorities);
    }

    [Fact]
    public void Certificates_without_a_file_are_the_registry_s()
    {
        var place = Directory.CreateDirectory(Path.Combine(_temporary.Path, "localhost_5000_")).FullName;
        Array.ForEach(["b.crt", "a.crt", "me.cert", "me.key"], f => File.WriteAllText(Path.Combine(place, f), ""));
        var host = Assert.Single(RegistryHosts.Of(_temporary.Path, "localhost:5000", false));
        Assert.Equal("https://localhost:5000/v2/", host.Endpoint.ToString());
        Assert.Equal([Path.Combine(place, "a.crt"), Path.Combine(place, "b.crt")], host.Authorities);
        Assert.Equal((Path.Combine(place, "me.cert"), Path.Combine(place, "me.key")), host.Client);
    }

    [Theory]
    [InlineData("server = 1", "server must be a string")]
    [InlineData("server = 'ftp://x'", "is no address like")]
    [InlineData("server = 'https://user:secret@x'", "is no address like")]
    [InlineData("mirror = 'x'", "mirror is not known")]
    [InlineData("[host.'https://x']\nrewrite = {}", "rewrite is not known")]
    [InlineData("[host.'https://x']\ncapabilities = ['fly']", "is none of pull, resolve, push")]
    [InlineData("[host.'https://x']\nskip_verify = 'yes'", "skip_verify must be true or false")]
    [InlineData("host = 3", "host must be a table")]
    [InlineData("server = ", "hosts.toml: ")]
    [InlineData("\".\ufffd\\", "this is not TOML")]
    public void What_is_not_understood_is_refused(string text, string message)
    {
        Write("docker.io", text);
        var e = Assert.Throws<ImageException>(() => RegistryHosts.Of(_temporary.Path, "docker.io", false));
        Assert.Equal(ImageError.Registry, e.Error);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.StartsWith(Path.Combine(_temporary.Path, "docker.io", "hosts.toml"), e.Message, StringComparison.Ordinal);
    }

    private void Write(string directory, string text) =>
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(_temporary.Path, directory)).FullName, "hosts.toml"), text);
}
