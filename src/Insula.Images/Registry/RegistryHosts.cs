using Tomlyn;
using Tomlyn.Model;

namespace Insula.Images.Registry;

/// <summary>
/// Mirrors, certificates and plain http by containerd's convention: <c>DIRECTORY/REGISTRY/hosts.toml</c>, with <c>host_port_</c> or
/// <c>host:port</c> for a registry with a port, and <c>_default</c> for all that have no directory; without such a file the directory's <c>*.crt</c>
/// are authorities, and <c>*.cert</c> with <c>*.key</c> are ours. What is not understood is refused, not passed over.
/// </summary>
internal static class RegistryHosts
{
    private const string FileName = "hosts.toml";

    /// <summary>Where a registry's images are looked for, in this order.</summary>
    /// <param name="directory">The convention's directory; null or missing for none.</param>
    /// <param name="domain">The registry, with its port.</param>
    /// <param name="plainHttp">How the registry itself is asked where no file says.</param>
    /// <exception cref="ImageException">A file cannot be read, or says what is not understood.</exception>
    public static IReadOnlyList<RegistryHost> Of(string? directory, string domain, bool plainHttp)
    {
        var own = RegistryHost.Of(domain, plainHttp);
        if (directory is null || Names(domain).Select(n => Path.Combine(directory, n)).FirstOrDefault(Directory.Exists) is not { } found)
        {
            return [own];
        }

        var file = Path.Combine(found, FileName);
        try
        {
            return File.Exists(file) ? Read(File.ReadAllText(file), file, own) : [WithCertificates(own, found)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImageException(ImageError.Registry, $"{file}: {e.Message}", e);
        }
    }

    /// <summary>What a <c>hosts.toml</c> says.</summary>
    /// <param name="text">Its content.</param>
    /// <param name="file">Its path, for messages and for what is named beside it.</param>
    /// <param name="own">The registry itself, as it is reached when nothing is said.</param>
    /// <exception cref="ImageException">It says what is not understood.</exception>
    public static IReadOnlyList<RegistryHost> Read(string text, string file, RegistryHost own)
    {
        try
        {
            return ReadHosts(text, file, own);
        }
        catch (Exception e) when (e is TomlException or FormatException)
        {
            throw new ImageException(ImageError.Registry, $"{file}: {Printable.Text(e.Message)}", e);
        }
    }

    private static IEnumerable<string> Names(string domain)
    {
        var colon = domain.LastIndexOf(':');
        if (colon > domain.LastIndexOf(']'))
        {
            yield return $"{domain[..colon]}_{domain[(colon + 1)..]}_";
        }

        yield return domain;
        yield return "_default";
    }

    private static RegistryHost WithCertificates(RegistryHost host, string directory)
    {
        var client = Directory.GetFiles(directory, "*.cert").Order(StringComparer.Ordinal).FirstOrDefault();
        var authorities = Directory.GetFiles(directory, "*.crt").Order(StringComparer.Ordinal).ToList();
        return authorities.Count == 0 && client is null
            ? host
            : host with
            {
                Endpoint = new UriBuilder(host.Endpoint) { Scheme = Uri.UriSchemeHttps, Port = host.Endpoint.IsDefaultPort ? 443 : host.Endpoint.Port }.Uri,
                Authorities = authorities,
                Client = client is null ? null : (client, Path.ChangeExtension(client, ".key")),
            };
    }

    private static List<RegistryHost> ReadHosts(string text, string file, RegistryHost own)
    {
        var table = Parse(text);
        List<RegistryHost> hosts = [];
        if (table.TryGetValue("host", out var mirrors))
        {
            foreach (var (address, settings) in Table(mirrors, "host"))
            {
                var host = Settled(Address(address, "host"), Table(settings, $"host.\"{address}\""), file, own);
                hosts.Add(host with { Mirrors = host.Endpoint.Authority == own.Endpoint.Authority ? null : own.Name });
            }
        }

        // What is said outside of a host is of the registry itself, which is asked last.
        var server = table.TryGetValue("server", out var said) ? Address(Text(said, "server"), "server") : null;
        TomlTable rest = [];
        foreach (var (key, value) in table.Where(e => e.Key is not ("host" or "server")))
        {
            rest.Add(key, value);
        }

        hosts.Add(Settled(server ?? new Uri(own.Endpoint, "/"), rest, file, own) with { Name = own.Name });
        return hosts;
    }

    private static TomlTable Parse(string text)
    {
        try
        {
            return TomlSerializer.Deserialize(text, HostsToml.Default.TomlTable) ?? [];
        }
        catch (ArgumentException e)
        {
            // An escape at the end, of which the parser cannot make its own message.
            throw new FormatException("this is not TOML", e);
        }
    }

    private static RegistryHost Settled(Uri address, TomlTable settings, string file, RegistryHost own)
    {
        var directory = Path.GetDirectoryName(file)!;
        string In(string path) => Path.Combine(directory, path);
        var whole = false;
        var host = new RegistryHost { Name = address.Authority, Endpoint = address };
        foreach (var (key, value) in settings)
        {
            switch (key)
            {
                case "capabilities":
                    var can = Texts(value, key);
                    host = can.FirstOrDefault(c => c is not ("pull" or "resolve" or "push")) is { } other
                        ? throw new FormatException($"capabilities: \"{other}\" is none of pull, resolve, push")
                        : host with { Pulls = can.Contains("pull"), Resolves = can.Contains("resolve") };
                    break;
                case "ca":
                    host = host with { Authorities = [.. Texts(value, key).Select(In)] };
                    break;
                case "client":
                    var (certificate, secret) = Pair(value);
                    host = host with { Client = (In(certificate), secret is null ? null : In(secret)) };
                    break;
                case "skip_verify":
                    host = host with { AnyCertificate = Flag(value, key) };
                    break;
                case "override_path":
                    whole = Flag(value, key);
                    break;
                case "header":
                    host = host with { Headers = [.. Table(value, key).SelectMany(h => Texts(h.Value, $"header.{h.Key}").Select(v => (h.Key, v)))] };
                    break;
                default:
                    throw new FormatException($"{key} is not known: capabilities, ca, client, skip_verify, override_path and header are, and server and host outside of a host");
            }
        }

        var path = address.AbsolutePath.TrimEnd('/');
        return host with { Endpoint = new Uri(address, whole || path.EndsWith("/v2", StringComparison.Ordinal) ? $"{path}/" : $"{path}/v2/") };
    }

    private static Uri Address(string text, string key) =>
        Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : $"https://{text}", UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp) && uri.UserInfo.Length == 0
            ? uri
            : throw new FormatException($"{key}: \"{text}\" is no address like https://mirror.example");

    private static TomlTable Table(object value, string key) => value as TomlTable ?? throw new FormatException($"{key} must be a table");

    private static string Text(object value, string key) => value as string ?? throw new FormatException($"{key} must be a string");

    private static bool Flag(object value, string key) => value as bool? ?? throw new FormatException($"{key} must be true or false");

    private static List<string> Texts(object value, string key) => value is TomlArray many ? [.. many.Select(v => Text(v!, key))] : [Text(value, key)];

    // "both.pem", ["both.pem"], or [["cert.pem", "key.pem"]]; of several the first is ours.
    private static (string Certificate, string? Key) Pair(object value) => value switch
    {
        TomlArray { Count: > 0 } many when many[0] is TomlArray { Count: 1 or 2 } pair =>
            (Text(pair[0]!, "client"), pair.Count == 2 && pair[1] is string { Length: > 0 } key ? key : null),
        TomlArray { Count: > 0 } many => (Text(many[0]!, "client"), null),
        _ => (Text(value, "client"), null),
    };
}
