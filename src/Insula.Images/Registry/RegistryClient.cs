using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Insula.Images.Registry;

/// <summary>
/// Asks the registry of one repository (OCI distribution specification 1.1): signs in when told to, follows to where blobs are kept without
/// taking the credential along, waits when asked to, and tries again what fails in passing.
/// </summary>
internal sealed class RegistryClient : IDisposable
{
    private const int Attempts = 5;
    private const int Redirects = 5;
    private const int LargestToken = 1 << 20;

    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(60);

    private readonly ImageReference _reference;
    private readonly RegistryHost _host;
    private readonly RegistryCredential? _credential;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private AuthenticationHeaderValue? _authorization;

    /// <param name="reference">The image.</param>
    /// <param name="host">Who is asked for it.</param>
    /// <param name="credential">Who asks; null for anybody.</param>
    /// <param name="silence">How long the host may say nothing.</param>
    /// <param name="time">The time.</param>
    public RegistryClient(ImageReference reference, RegistryHost host, RegistryCredential? credential, TimeSpan silence, TimeProvider time)
    {
        (_reference, _host, _credential, _time, Silence) = (reference, host, credential, time, silence);
        _http = new HttpClient(RegistryHandler.Of(host)) { Timeout = silence };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("insula");
    }

    /// <summary>What the registry is called in messages.</summary>
    public string Name => _host.Name;

    /// <summary>How long it may say nothing.</summary>
    public TimeSpan Silence { get; }

    /// <summary>Asks for something of the repository. The answer's status is 200 or 206, and its body has not been read.</summary>
    /// <param name="path">Below the repository: <c>manifests/latest</c>, <c>blobs/sha256:…</c>.</param>
    /// <param name="accept">Media types.</param>
    /// <param name="from">The first byte wanted.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="ImageException">The registry does not give it, or cannot be reached.</exception>
    public Task<HttpResponseMessage> GetAsync(string path, IReadOnlyList<string> accept, long from, CancellationToken ct) =>
        AskAsync(HttpMethod.Get, path, accept, from, ct);

    /// <summary>Asks which digest the reference has now, which costs nobody's share of pulls; null when the registry does not say.</summary>
    /// <param name="accept">Media types.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="ImageException">As for <see cref="GetAsync"/>.</exception>
    public async Task<string?> DigestAsync(IReadOnlyList<string> accept, CancellationToken ct)
    {
        using HttpResponseMessage answer = await AskAsync(HttpMethod.Head, $"manifests/{_reference.Digest ?? _reference.Tag}", accept, 0, ct);
        return answer.Headers.TryGetValues("Docker-Content-Digest", out var said) ? said.FirstOrDefault() : null;
    }

    private async Task<HttpResponseMessage> AskAsync(HttpMethod method, string path, IReadOnlyList<string> accept, long from, CancellationToken ct)
    {
        string query = _host.Mirrors is { } mirrored ? $"?ns={Uri.EscapeDataString(mirrored)}" : "";
        Uri uri = new(_host.Endpoint, $"{_reference.Path}/{path}{query}");
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                HttpResponseMessage answer = await FollowAsync(method, uri, accept, from, ct);
                if (answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent)
                {
                    return answer;
                }

                using (answer)
                {
                    if (attempt >= Attempts || !IsPassing(answer.StatusCode))
                    {
                        throw Refused(answer.StatusCode, path);
                    }

                    await Task.Delay(WaitFor(answer, attempt), _time, ct);
                }
            }
            catch (Exception e) when (IsPassing(e, ct) && attempt < Attempts)
            {
                await Task.Delay(Pause(attempt), _time, ct);
            }
            catch (Exception e) when (IsPassing(e, ct))
            {
                throw new ImageException(ImageError.Registry, $"the registry {Name} cannot be reached: {Reason(e)}; an image can also be brought by \"insula load FILE\"", e);
            }
        }
    }

    /// <summary>Whether trying again may help.</summary>
    public static bool IsPassing(Exception e, CancellationToken ct) =>
        e is HttpRequestException or IOException || (e is OperationCanceledException && !ct.IsCancellationRequested);

    /// <summary>How long to wait before trying again.</summary>
    public static TimeSpan Pause(int attempt) => TimeSpan.FromMilliseconds(250 << (attempt - 1));

    /// <summary>The innermost reason, in a few words.</summary>
    public static string Reason(Exception e) => (e, e.GetBaseException()) switch
    {
        (OperationCanceledException, _) => "it did not answer in time",
        (_, SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData or SocketError.NoRecovery }) => "its name cannot be resolved",
        (_, { } reason) => Printable.Text(reason.Message),
    };

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> FollowAsync(HttpMethod method, Uri uri, IReadOnlyList<string> accept, long from, CancellationToken ct)
    {
        bool signedIn = false;
        for (int hop = 0; ;)
        {
            // The credential is for the registry alone, not for where it keeps its blobs.
            bool own = IsSameHost(uri, _host.Endpoint);
            HttpResponseMessage answer = await SendAsync(method, uri, accept, from, own, own ? _authorization : null, ct);
            if (answer.StatusCode == HttpStatusCode.Unauthorized && own && !signedIn)
            {
                using (answer)
                {
                    _authorization = await SignInAsync(AuthChallenge.Read(answer.Headers), ct);
                    signedIn = true;
                    continue;
                }
            }

            if ((int)answer.StatusCode is not (301 or 302 or 303 or 307 or 308) || answer.Headers.Location is not { } location)
            {
                return answer;
            }

            using (answer)
            {
                Uri next = new(uri, location);
                if (++hop > Redirects)
                {
                    throw new ImageException(ImageError.Registry, $"the registry {Name} leads from one place to the next without end");
                }

                if (next.Scheme != uri.Scheme && next.Scheme != Uri.UriSchemeHttps)
                {
                    throw new ImageException(ImageError.Registry, $"the registry {Name} leads to a place without encryption, {Printable.Text(next.Host)}");
                }

                uri = next;
            }
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, Uri uri, IReadOnlyList<string> accept, long from, bool own, AuthenticationHeaderValue? authorization, CancellationToken ct)
    {
        using HttpRequestMessage request = new(method, uri);
        foreach ((string name, string value) in own ? _host.Headers : [])
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (authorization is not null)
        {
            request.Headers.Authorization = authorization;
        }

        foreach (string type in accept)
        {
            request.Headers.Accept.ParseAdd(type);
        }

        if (from > 0)
        {
            request.Headers.Range = new RangeHeaderValue(from, null);
        }

        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
    }

    private async Task<AuthenticationHeaderValue?> SignInAsync(AuthChallenge? challenge, CancellationToken ct)
    {
        AuthenticationHeaderValue? basic = _credential is { } credential
            ? new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.User}:{credential.Password}")))
            : null;
        if (challenge is not { IsBearer: true })
        {
            return basic;
        }

        if (!Uri.TryCreate(challenge.Realm, UriKind.Absolute, out Uri? realm) || (realm.Scheme != Uri.UriSchemeHttps && realm.Scheme != _host.Endpoint.Scheme))
        {
            throw new ImageException(ImageError.Registry, $"the registry {Name} sends to {Printable.Quote(challenge.Realm)} for tokens, where nobody's password is safe");
        }

        string query = $"scope={Uri.EscapeDataString($"repository:{_reference.Path}:pull")}"
            + (challenge.Service is { } service ? $"&service={Uri.EscapeDataString(service)}" : "");
        UriBuilder place = new(realm) { Query = realm.Query.Length > 1 ? $"{realm.Query}&{query}" : query };
        using HttpResponseMessage answer = await SendAsync(HttpMethod.Get, place.Uri, [], 0, own: false, basic, ct);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            throw IsPassing(answer.StatusCode) ? new HttpRequestException($"{realm.Host} gives no token now (HTTP {(int)answer.StatusCode})") : Refused(answer.StatusCode, "");
        }

        return new("Bearer", await ReadTokenAsync(answer, realm.Host, ct));
    }

    private async Task<string> ReadTokenAsync(HttpResponseMessage answer, string host, CancellationToken ct)
    {
        byte[] body = await ReadAsync(answer, LargestToken, $"the token of {host}", ct);
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            foreach (string name in (string[])["token", "access_token"])
            {
                if (document.RootElement.TryGetProperty(name, out JsonElement value) && value.GetString() is { Length: > 0 } token && !token.Any(c => c is < '!' or > '~'))
                {
                    return token;
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Said below, without its content.
        }

        throw new ImageException(ImageError.Registry, $"{Printable.Text(host)} gives tokens in a form that is not known");
    }

    /// <summary>Reads a document that may not be larger.</summary>
    public async Task<byte[]> ReadAsync(HttpResponseMessage answer, int most, string what, CancellationToken ct)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Silence);
        try
        {
            await using Stream body = await answer.Content.ReadAsStreamAsync(limit.Token);
            using MemoryStream all = new();
            byte[] buffer = new byte[16 << 10];
            for (int got; (got = await body.ReadAsync(buffer, limit.Token)) > 0;)
            {
                all.Write(buffer, 0, got);
                if (all.Length > most)
                {
                    throw new ImageException(ImageError.TooLarge, $"{what} has more than {most} bytes");
                }
            }

            return all.ToArray();
        }
        catch (Exception e) when (IsPassing(e, ct))
        {
            throw new ImageException(ImageError.Registry, $"the registry {Name} breaks off in the middle of {what}: {Reason(e)}", e);
        }
    }

    private static bool IsSameHost(Uri one, Uri other) => one.Scheme == other.Scheme && one.Host == other.Host && one.Port == other.Port;

    private static bool IsPassing(HttpStatusCode code) => code is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout || (int)code >= 500;

    private TimeSpan WaitFor(HttpResponseMessage answer, int attempt)
    {
        TimeSpan? asked = answer.Headers.RetryAfter is { } header ? header.Delta ?? (header.Date is { } date ? date - _time.GetUtcNow() : null) : null;
        return asked is { } wait && wait > TimeSpan.Zero ? (wait < _longestWait ? wait : _longestWait) : Pause(attempt);
    }

    private ImageException Refused(HttpStatusCode code, string path) => new(code is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? ImageError.Denied : ImageError.Registry, code switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => _credential is null
            ? $"the registry {Name} does not give {_reference} to everybody: sign in with `docker login {Name}` or `podman login {Name}`, and pull again; or there is no such image"
            : $"the registry {Name} does not give {_reference} with this credential; or there is no such image",
        HttpStatusCode.NotFound when path.StartsWith("manifests/", StringComparison.Ordinal) => $"the registry {Name} has no image {_reference}",
        HttpStatusCode.NotFound => $"the registry {Name} lacks a part of {_reference}, {path}",
        HttpStatusCode.TooManyRequests => $"the registry {Name} is asked too often (HTTP 429): try again later, or sign in",
        _ => $"the registry {Name} answers with HTTP {(int)code}: {path} of {_reference}",
    });
}
