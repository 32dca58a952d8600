using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Insula.Api.Core;
using Insula.Linux;

namespace Insula.Pods.Probes;

/// <summary>
/// An HTTP probe with the kubelet's rules: one GET, 200–399 is a success, redirects are followed on the same host only
/// (another host ends the probe as a success), a certificate is not verified, no proxy is used, and of the body at most
/// 10 KiB is read. Written on the bare socket: a probe must cost microseconds and leave nothing behind.
/// </summary>
internal sealed class HttpProber(PodSockets sockets)
{
    private const int MaxHeader = 64 * 1024;
    private const int MaxBody = 10 * 1024;
    private const int MaxRedirects = 10;
    private const string ProbeAgent = "kube-probe/1.34";
    private const string HookAgent = "kube-lifecycle/1.34";

    public Task<ProbeResult> ProbeAsync(ProbeTarget target, HttpGetAction action, CancellationToken cancellationToken) =>
        AskAsync(target, action, ProbeAgent, anyStatus: false, cancellationToken);

    /// <summary>A hook's request: whoever answers has heard it, as the kubelet has it.</summary>
    public Task<ProbeResult> CallAsync(ProbeTarget target, HttpGetAction action, CancellationToken cancellationToken) =>
        AskAsync(target, action, HookAgent, anyStatus: true, cancellationToken);

    private async Task<ProbeResult> AskAsync(ProbeTarget target, HttpGetAction action, string agent, bool anyStatus, CancellationToken cancellationToken)
    {
        var https = string.Equals(action.Scheme, "HTTPS", StringComparison.OrdinalIgnoreCase);
        var url = new UriBuilder(https ? "https" : "http", Bracketed(target.Host), target.Port) { Path = "/" }.Uri;
        url = new Uri(url, action.Path is { Length: > 0 } path ? (path[0] == '/' ? path : "/" + path) : "/");
        var shown = url;
        try
        {
            for (var redirects = 0; ; redirects++)
            {
                var answer = await GetAsync(target, url, action.HttpHeaders, agent, cancellationToken);
                if (answer.Status is >= 200 and < 300 || (anyStatus && answer.Status >= 400))
                {
                    return ProbeResult.Success;
                }

                if (answer.Status is < 200 or >= 400)
                {
                    return ProbeResult.Failure(string.Create(CultureInfo.InvariantCulture, $"HTTP probe failed with statuscode: {answer.Status}"));
                }

                // 304 and a redirect without a target are answers in their own right.
                if (answer.Status is not (301 or 302 or 303 or 307 or 308) || answer.Location is null || !Uri.TryCreate(url, answer.Location, out var next))
                {
                    return ProbeResult.Success;
                }

                // The machine is no proxy: what another host would answer is not this container's health.
                if (next.Scheme is not ("http" or "https") || !next.Host.Equals(url.Host, StringComparison.OrdinalIgnoreCase))
                {
                    return ProbeResult.Success;
                }

                if (redirects == MaxRedirects)
                {
                    return ProbeResult.Failure($"Get \"{shown}\": stopped after {MaxRedirects} redirects");
                }

                url = next;
                target = target with { Port = next.Port };
            }
        }
        catch (Exception e) when (e is SocketException or LinuxException { Operation: not ("read" or "write") })
        {
            return ProbeResult.Failure($"Get \"{shown}\": dial tcp {target.Host}:{target.Port}: {TcpProber.Words(e)}");
        }
        catch (OperationCanceledException)
        {
            return ProbeResult.Failure($"Get \"{shown}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException or InvalidDataException)
        {
            return ProbeResult.Failure($"Get \"{shown}\": {TcpProber.Words(e)}");
        }
    }

    private async Task<Answer> GetAsync(ProbeTarget target, Uri url, IReadOnlyList<HttpHeader> headers, string agent, CancellationToken cancellationToken)
    {
        if (url.Scheme != "https")
        {
            await using var plain = await sockets.OpenAsync(target, cancellationToken);
            return await ExchangeAsync(plain, url, headers, agent, cancellationToken);
        }

        // A probe asks whether the container answers, not who it is: kubelets do not verify either.
#pragma warning disable CA5359
        await using var secure = new SslStream(
            new NetworkStream(await sockets.ConnectAsync(target, cancellationToken), ownsSocket: true), leaveInnerStreamOpen: false, static (_, _, _, _) => true);
#pragma warning restore CA5359

        // A certificate may name places to fetch its issuer's from: the container would have the host ask whom it likes.
        var nobody = new X509ChainPolicy { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck };
        await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = url.Host, CertificateChainPolicy = nobody }, cancellationToken);
        return await ExchangeAsync(secure, url, headers, agent, cancellationToken);
    }

    private static async Task<Answer> ExchangeAsync(Stream stream, Uri url, IReadOnlyList<HttpHeader> headers, string agent, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(Request(url, headers, agent), cancellationToken);
        var buffer = new byte[4096];
        var length = 0;
        while (true)
        {
            var count = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            length += count;
            var end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                var answer = Answer.Parse(Encoding.Latin1.GetString(buffer, 0, end));
                await DrainAsync(stream, answer, length - end - 4, cancellationToken);
                return answer;
            }

            if (count == 0)
            {
                throw new InvalidDataException(length == 0 ? "EOF" : "malformed HTTP response");
            }

            if (length == buffer.Length)
            {
                if (length >= MaxHeader)
                {
                    throw new InvalidDataException("the response header is larger than 64 KiB");
                }

                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }

    // A server that breaks off its answer is not healthy; more than the cap does not interest anybody.
    private static async Task DrainAsync(Stream stream, Answer answer, int had, CancellationToken cancellationToken)
    {
        if (answer.Length is not { } announced)
        {
            return;
        }

        var wanted = Math.Min(announced, MaxBody);
        var buffer = new byte[2048];
        long seen = had;
        while (seen < wanted)
        {
            var count = await stream.ReadAsync(buffer, cancellationToken);
            if (count == 0)
            {
                throw new InvalidDataException("unexpected EOF");
            }

            seen += count;
        }
    }

    private static byte[] Request(Uri url, IReadOnlyList<HttpHeader> headers, string agent)
    {
        var host = url.IsDefaultPort ? url.Host : string.Create(CultureInfo.InvariantCulture, $"{url.Host}:{url.Port}");
        var accept = "*/*";
        var rest = new StringBuilder();
        foreach (var header in headers)
        {
            // Validated with the manifest; checked again because a line break here would write the request's next line.
            if (header.Name.AsSpan().IndexOfAny("\r\n: ") >= 0 || header.Value.AsSpan().IndexOfAny('\r', '\n') >= 0)
            {
                throw new InvalidDataException($"the header \"{header.Name}\" contains characters that a header cannot have");
            }

            switch (header.Name.ToUpperInvariant())
            {
                case "HOST":
                    host = header.Value;
                    break;
                case "ACCEPT":
                    accept = header.Value;
                    break;
                case "USER-AGENT":
                    agent = header.Value;
                    break;
                default:
                    rest.Append(header.Name).Append(": ").Append(header.Value).Append("\r\n");
                    break;
            }
        }

        var text = new StringBuilder().Append("GET ").Append(url.PathAndQuery).Append(" HTTP/1.1\r\nHost: ").Append(host).Append("\r\n");
        if (agent.Length > 0)
        {
            text.Append("User-Agent: ").Append(agent).Append("\r\n");
        }

        if (accept.Length > 0)
        {
            text.Append("Accept: ").Append(accept).Append("\r\n");
        }

        return Encoding.Latin1.GetBytes(text.Append(rest).Append("Connection: close\r\n\r\n").ToString());
    }

    private static string Bracketed(string host) => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;

    private sealed record Answer(int Status, string? Location, long? Length)
    {
        public static Answer Parse(string head)
        {
            var lines = head.Split("\r\n");
            if (!lines[0].StartsWith("HTTP/1.", StringComparison.Ordinal) || lines[0].Length < 12
                || !int.TryParse(lines[0].AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
            {
                throw new InvalidDataException("malformed HTTP response");
            }

            string? location = null;
            long? length = null;
            foreach (var line in lines.Skip(1))
            {
                var colon = line.IndexOf(':', StringComparison.Ordinal);
                if (colon <= 0)
                {
                    continue;
                }

                var value = line[(colon + 1)..].Trim();
                if (line.AsSpan(0, colon).Equals("Location", StringComparison.OrdinalIgnoreCase))
                {
                    location = value;
                }
                else if (line.AsSpan(0, colon).Equals("Content-Length", StringComparison.OrdinalIgnoreCase)
                    && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var announced))
                {
                    length = announced;
                }
            }

            return new Answer(status, location, length);
        }
    }
}
