using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Insula.Images.Registry;

/// <summary>Makes connections to one host, with the certificates that its settings name.</summary>
internal static class RegistryHandler
{
    /// <summary>A handler for the host's requests.</summary>
    /// <exception cref="ImageException">A file with a certificate cannot be read.</exception>
    public static SocketsHttpHandler Of(RegistryHost host)
    {
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        };
        if (host.Client is var (certificate, key))
        {
            handler.SslOptions.ClientCertificates = [Read(certificate, () => X509Certificate2.CreateFromPemFile(certificate, key))];
        }

        if (host.AnyCertificate)
        {
            // Asked for by name in a file that is root's.
#pragma warning disable CA5359
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (host.Authorities.Count > 0)
        {
            var authorities = new X509Certificate2Collection();
            foreach (var file in host.Authorities)
            {
                _ = Read<object?>(file, () =>
                {
                    authorities.ImportFromPemFile(file);
                    return null;
                });
            }

            handler.SslOptions.RemoteCertificateValidationCallback = (_, served, chain, errors) => IsTrusted(served, chain, errors, authorities);
        }

        return handler;
    }

    // What the system trusts is fine; otherwise the name must be right and the chain must end at one of the authorities.
    private static bool IsTrusted(X509Certificate? served, X509Chain? chain, SslPolicyErrors errors, X509Certificate2Collection authorities)
    {
        if (errors == SslPolicyErrors.None)
        {
            return true;
        }

        if (errors != SslPolicyErrors.RemoteCertificateChainErrors || served is not X509Certificate2 certificate || chain is null)
        {
            return false;
        }

        using X509Chain own = new();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(authorities);
        own.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        own.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return own.Build(certificate);
    }

    private static T Read<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new ImageException(ImageError.Registry, $"the certificate {file} cannot be read: {e.Message}", e);
        }
    }
}
