using System.Security.Cryptography;
using System.Text;
using Insula.Api.Ingresses;

namespace Insula.Ingresses.Model;

/// <summary>
/// Makes of Ingresses what is to be served. Pure. Of two that claim the same, the older one has it, and who comes too late is told.
/// Ingresses are validated when they are written; what would not be valid by now is left out and said.
/// </summary>
public sealed class ModelBuilder
{
    private const int NameLength = 16;

    private readonly IngressWorld _world;
    private readonly Dictionary<(string Host, string Path, bool Exact), (Route Route, Ingress Of)> _routes = [];
    private readonly Dictionary<string, (Route Route, Ingress Of)> _fallbacks = [];
    private readonly SortedDictionary<string, Backend> _backends = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Certificate, Ingress Of)> _secured = [];
    private readonly SortedDictionary<string, (string Pem, SortedSet<string> Hosts)> _certificates = new(StringComparer.Ordinal);
    private readonly List<IngressNote> _notes = [];

    private ModelBuilder(IngressWorld world) => _world = world;

    /// <summary>The model.</summary>
    public static IngressModel Build(IngressWorld world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var builder = new ModelBuilder(world);
        foreach (var ingress in world.Ingresses
            .OrderBy(i => i.Metadata.CreationTimestamp).ThenBy(i => i.Metadata.Namespace, StringComparer.Ordinal).ThenBy(i => i.Metadata.Name, StringComparer.Ordinal))
        {
            if (IngressValidation.Validate(ingress) is [var wrong, ..])
            {
                builder.Note(ingress, "Invalid", $"it is not served: {wrong}");
                continue;
            }

            builder.Add(ingress);
        }

        return builder.Finish();
    }

    private IngressModel Finish()
    {
        // A default backend is what is left when no path is for it; a path "/" is more.
        foreach (var (host, fallback) in _fallbacks)
        {
            _routes.TryAdd((host, "/", false), fallback);
        }

        return new IngressModel
        {
            Routes = [.. _routes.Values.Select(r => r.Route).OrderBy(r => r.Host, StringComparer.Ordinal).ThenBy(r => r.Path, StringComparer.Ordinal).ThenBy(r => r.Exact)],
            Backends = [.. _backends.Values],
            Certificates = [.. _certificates.Where(c => c.Value.Hosts.Count > 0).Select(c => new Certificate(c.Key, c.Value.Pem, [.. c.Value.Hosts]))],
            Notes = _notes,
        };
    }

    private void Note(Ingress about, string reason, string message) => _notes.Add(new IngressNote(about, reason, message));

    private void Add(Ingress ingress)
    {
        var settings = IngressSettings.Of(ingress.Metadata.Annotations, _ => { });
        foreach (var rule in ingress.Spec.Rules)
        {
            var host = rule.Host is { Length: > 0 } given ? given : Route.AnyHost;
            foreach (var path in rule.Http?.Paths ?? [])
            {
                var exact = path.PathType == PathTypes.Exact;
                var text = string.IsNullOrEmpty(path.Path) ? "/" : path.Path;
                AddRoute(ingress, host, exact ? text : text.TrimEnd('/') + '/', exact, path.Backend, settings);
            }
        }

        if (ingress.Spec.DefaultBackend is { } standard)
        {
            foreach (var host in ingress.Spec.Rules.Select(r => r.Host is { Length: > 0 } given ? given : Route.AnyHost).DefaultIfEmpty(Route.AnyHost).Distinct())
            {
                if (_fallbacks.TryGetValue(host, out var before))
                {
                    Late(ingress, before.Of, $"the default backend of {(host == Route.AnyHost ? "any host" : host)}");
                    continue;
                }

                _fallbacks[host] = (new Route(host, "/", Exact: false, Backend(ingress, standard, settings)), ingress);
            }
        }

        foreach (var tls in ingress.Spec.Tls)
        {
            AddTls(ingress, tls);
        }
    }

    private void AddRoute(Ingress ingress, string host, string path, bool exact, IngressBackend backend, IngressSettings settings)
    {
        if (_routes.TryGetValue((host, path, exact), out var before))
        {
            Late(ingress, before.Of, $"{(host == Route.AnyHost ? "" : host)}{path}");
            return;
        }

        _routes[(host, path, exact)] = (new Route(host, path, exact, Backend(ingress, backend, settings)), ingress);
    }

    private void Late(Ingress ingress, Ingress before, string what) => Note(
        ingress, "Conflict", ReferenceEquals(ingress, before) ? $"{what} is there twice: the first counts" : $"{what} is served for the Ingress {before.Metadata.Namespace}/{before.Metadata.Name}, which is older");

    private string Backend(Ingress ingress, IngressBackend wanted, IngressSettings settings)
    {
        var (backend, problem) = BackendFinder.Find(_world, ingress.Metadata.Namespace ?? "default", wanted.Service!, settings);
        if (problem is not null)
        {
            Note(ingress, "NoBackend", $"{problem}: its requests are answered with 503");
        }

        _backends.TryAdd(backend.Name, backend);
        return backend.Name;
    }

    private void AddTls(Ingress ingress, IngressTls tls)
    {
        if (tls.SecretName is not { Length: > 0 } name)
        {
            Note(ingress, "NoCertificate", "an entry of tls names no Secret: its hosts are not served with TLS by it");
            return;
        }

        var secret = _world.Secret(ingress.Metadata.Namespace ?? "default", name);
        var (pem, names, problem) = secret is null ? (null, [], "there is none") : _world.Certificate(secret);
        if (pem is null)
        {
            Note(ingress, "NoCertificate", $"the Secret {name} is not used: {problem}");
            return;
        }

        var certificate = "c" + Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(pem)))[..NameLength];
        if (!_certificates.TryGetValue(certificate, out var known))
        {
            known = (pem, new SortedSet<string>(StringComparer.Ordinal));
        }

        // Those that it names itself only as far as they are names that a rule could have.
        var hosts = tls.Hosts.Count > 0 ? tls.Hosts : [.. names.Where(IngressValidation.IsHost)];
        if (hosts.Count == 0)
        {
            Note(ingress, "NoCertificate", $"the Secret {name} is not used: tls names no host for it, and its certificate names none");
        }

        foreach (var host in hosts)
        {
            if (_secured.TryGetValue(host, out var before) && before.Certificate != certificate)
            {
                Late(ingress, before.Of, $"the certificate of {host}");
                continue;
            }

            _secured[host] = (certificate, ingress);
            known.Hosts.Add(host);
        }

        _certificates[certificate] = known;
    }
}
