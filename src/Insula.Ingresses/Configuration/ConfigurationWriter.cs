using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Insula.Ingresses.Model;

namespace Insula.Ingresses.Configuration;

/// <summary>
/// Writes a model as HAProxy's configuration. Hosts and paths stand in maps, which hold nothing but a key and the name of a backend in a line; what a user
/// writes stands in the configuration itself only as numbers and as names of letters, digits and dashes. A value of another form is a mistake of the
/// daemon and throws.
/// </summary>
public static class ConfigurationWriter
{
    /// <summary>The port of requests without TLS, in the pod.</summary>
    public const int HttpPort = 8080;

    /// <summary>The port of requests with TLS, in the pod.</summary>
    public const int HttpsPort = 8443;

    /// <summary>The port of the pod's own health and numbers.</summary>
    public const int HealthPort = 8404;

    /// <summary>The path that says whether HAProxy runs.</summary>
    public const string LivePath = "/healthz";

    /// <summary>The path that says whether it knows where to send requests.</summary>
    public const string ReadyPath = "/ready";

    private const string Hosts = "hosts.map";
    private const string Exact = "exact.map";
    private const string Prefixes = "prefix.map";
    private const string CertificateList = "certificates.list";
    private const string NoServer = "0.0.0.0:1 disabled";

    /// <summary>The files.</summary>
    /// <param name="model">Where requests go.</param>
    /// <param name="settings">Other things.</param>
    /// <param name="slots">How many places a backend has, by its name.</param>
    public static ProxyFiles Write(IngressModel model, ProxySettings settings, Func<Backend, int> slots)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(slots);
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [Hosts] = Lines(model.Routes.Select(r => r.Host).Where(h => h != Route.AnyHost).Distinct().Select(h => (Checked(h, IsHost), h))),
            [Exact] = Lines(model.Routes.Where(r => r.Exact).Select(Entry)),
            [Prefixes] = Lines(model.Routes.Where(r => !r.Exact).Select(Entry)),
            [ProxyFiles.State] = "",
        };
        foreach (var certificate in model.Certificates)
        {
            files[Checked(certificate.Name, IsName) + ".pem"] = certificate.Pem;
        }

        if (model.Certificates.Count > 0)
        {
            files[CertificateList] = string.Concat(model.Certificates.Select(c =>
                $"{settings.Directory}/{c.Name}.pem {string.Join(' ', c.Hosts.Select(h => Checked(h, IsHost)))}\n"));
        }

        files[ProxyFiles.Main] = Main(model, settings, slots, "", withPods: false);
        var digest = Digest(files);
        files[ProxyFiles.Main] = Main(model, settings, slots, digest, withPods: true);
        return new ProxyFiles(digest, files);
    }

    private static string Digest(SortedDictionary<string, string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, text) in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\0{text.Length}\0{text}"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }

    private static (string Key, string Value) Entry(Route route) =>
        (Checked(route.Host, h => h == Route.AnyHost || IsHost(h)) + Checked(route.Path, IsPath), Checked(route.Backend, IsName));

    private static string Lines(IEnumerable<(string Key, string Value)> entries) => string.Concat(entries.Select(e => $"{e.Key} {e.Value}\n"));

    private static string Main(IngressModel model, ProxySettings settings, Func<Backend, int> slots, string digest, bool withPods)
    {
        var text = new StringBuilder();
        var at = settings.Directory;
        text.Append(CultureInfo.InvariantCulture, $$"""
            global
              description {{digest}}
              log stdout format raw local0 info
              nbthread {{settings.Threads}}
              maxconn {{settings.MostConnections}}
              no strict-limits
              hard-stop-after 1h
              mworker-max-reloads 8
              tune.ssl.default-dh-param 2048
              ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets

            defaults
              mode http
              log global
              option httplog
              option dontlognull
              option dontlog-normal
              option log-separate-errors
              option redispatch 1
              option idle-close-on-response
              retries 3
              timeout client 60s
              timeout http-request 10s
              timeout http-keep-alive 60s
              timeout queue 5s
              timeout connect 5s
              timeout server 60s

            frontend health
              bind :{{HealthPort}}
              http-request return status 200 content-type text/plain string ok if { path {{LivePath}} }
              http-request return status 200 content-type text/plain string ok if { path {{ReadyPath}} } { str({{ProxyFiles.Ready}}),map_str({{at}}/{{ProxyFiles.State}}) -m found }
              http-request return status 503 content-type text/plain string starting if { path {{ReadyPath}} }
              http-request return status 404 content-type text/plain string "not found"

            frontend http

            """);
        foreach (var (address, only) in settings.HasV6 ? [("", ""), ("[::]", " v6only")] : ((string, string)[])[("", "")])
        {
            text.Append(CultureInfo.InvariantCulture, $"  bind {address}:{HttpPort}{only}\n");
            if (model.Certificates.Count > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"  bind {address}:{HttpsPort}{only} ssl strict-sni crt-list {at}/{CertificateList} alpn h2,http/1.1\n");
            }
        }

        // What a client says of itself in these headers is not believed. A request belongs to the most specific host there is a rule for.
        text.Append(CultureInfo.InvariantCulture, $$"""
              http-request set-var(txn.name) req.hdr(host),host_only,lower,rtrim(.)
              http-request set-var(txn.host) var(txn.name),map_str({{at}}/{{Hosts}})
              http-request set-var(txn.host) var(txn.name),regsub(^[^.]+,*),map_str({{at}}/{{Hosts}}) if !{ var(txn.host) -m found }
              http-request set-var(txn.host) str({{Route.AnyHost}}) if !{ var(txn.host) -m found }
              http-request set-var(txn.path) path
              http-request set-var(txn.backend) var(txn.host),concat(,txn.path),map_str({{at}}/{{Exact}})
              http-request set-var(txn.backend) var(txn.host),concat(,txn.path,/),map_beg({{at}}/{{Prefixes}}) if !{ var(txn.backend) -m found }
              http-request del-header Forwarded
              http-request set-header X-Forwarded-For %[src]
              http-request set-header X-Real-IP %[src]
              http-request set-header X-Forwarded-Host %[req.hdr(host)]
              http-request set-header X-Forwarded-Port 80 if !{ ssl_fc }
              http-request set-header X-Forwarded-Port 443 if { ssl_fc }
              http-request set-header X-Forwarded-Proto http if !{ ssl_fc }
              http-request set-header X-Forwarded-Proto https if { ssl_fc }
              use_backend %[var(txn.backend)] if { var(txn.backend) -m found }
              default_backend none

            backend none
              http-request return status 404 content-type text/plain string "there is nothing at this host and path\n"

            """);
        foreach (var backend in model.Backends)
        {
            BackendSection(text, backend, slots(backend), withPods);
        }

        return text.ToString();
    }

    private static void BackendSection(StringBuilder text, Backend backend, int slots, bool withPods)
    {
        var settings = backend.Settings;
        text.Append(CultureInfo.InvariantCulture, $"\nbackend {Checked(backend.Name, IsName)}\n");
        text.Append(backend.Sticky ? "  balance source\n  hash-type consistent\n" : "  balance roundrobin\n");
        text.Append(CultureInfo.InvariantCulture, $"  timeout connect {Seconds(settings.ConnectTimeout)}\n  timeout server {Seconds(settings.ResponseTimeout)}\n  timeout tunnel {Seconds(settings.TunnelTimeout)}\n");

        // A connection that was kept may be closed by the pod just when it is used again: what may be asked twice (RFC 9110, 9.2.2) is.
        text.Append("  retry-on conn-failure empty-response\n  http-request disable-l7-retry if !{ method GET HEAD OPTIONS PUT DELETE TRACE }\n");
        if (settings.HttpsRedirect)
        {
            text.Append("  http-request redirect scheme https code 308 if !{ ssl_fc }\n");
        }

        if (settings.RequestsPerSecond > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"  stick-table type ipv6 size 16k expire 10s store http_req_rate(1s)\n  http-request track-sc0 src\n  http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt {settings.RequestsPerSecond} }}\n");
        }

        if (settings.MaxBodySize > 0)
        {
            // One that does not say how long it is could be of any length.
            const string LengthRequired = "  http-request return status 411 content-type text/plain string \"the length of the body is required\"";
            text.Append(CultureInfo.InvariantCulture, $"{LengthRequired} if {{ req.fhdr(transfer-encoding) -m found }}\n{LengthRequired} if {{ method POST PUT PATCH }} !{{ req.fhdr(content-length) -m found }}\n");
            text.Append(CultureInfo.InvariantCulture, $"  http-request deny deny_status 413 if {{ req.body_size gt {settings.MaxBodySize} }}\n");
        }

        text.Append(backend.Protocol switch
        {
            BackendProtocol.Http2 => "  default-server proto h2\n",
            BackendProtocol.Https => "  default-server ssl verify none\n",
            _ => "",
        });
        for (var i = 0; i < slots; i++)
        {
            var pod = withPods && i < backend.Endpoints.Count ? backend.Endpoints[i] : null;
            text.Append(CultureInfo.InvariantCulture, $"  server s{i + 1} {(pod is null ? NoServer : ServerText(pod))}\n");
        }
    }

    private static string ServerText(System.Net.IPEndPoint pod) =>
        string.Create(CultureInfo.InvariantCulture, $"{(pod.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? "ipv6@" : "ipv4@")}{pod.Address}:{pod.Port}");

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalSeconds}s");

    private static string Checked(string text, Func<string, bool> isForm) =>
        isForm(text) ? text : throw new InvalidOperationException($"{Api.Validation.Quoted.Text(text)} has no form that the configuration may have");

    private static bool IsHost(string text) => Api.Ingresses.IngressValidation.IsHost(text);

    private static bool IsPath(string text) => text.Length > 0 && text[0] == '/' && text.All(Api.Ingresses.IngressValidation.IsInPaths);

    /// <summary>Whether a text has the form of a name in the configuration.</summary>
    internal static bool IsName(string text) => text.Length > 0 && text.All(c => c is '-' or '.' or ':' || char.IsAsciiLetterOrDigit(c));
}
