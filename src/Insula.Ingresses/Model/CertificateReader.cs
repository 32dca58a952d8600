using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Insula.Api.Core;

namespace Insula.Ingresses.Model;

/// <summary>
/// Reads certificates from Secrets, hostile ones too: what comes out is PEM of our own writing that OpenSSL takes at its usual level of security,
/// so that no Secret can keep others' changes from being taken up.
/// </summary>
public static class CertificateReader
{
    private const int LeastRsa = 2048;
    private const int MostRsa = 8192;
    private const int MostCertificates = 16;
    private const int LongestText = 256 * 1024;
    private const string CertificateLabel = "CERTIFICATE";
    private const string CertificateKey = "tls.crt";
    private const string PrivateKey = "tls.key";

    // Oids of signatures with SHA-256, -384 and -512, by RSA and by ECDSA.
    private static readonly HashSet<string> s_signatures =
    [
        "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.12", "1.2.840.113549.1.1.13",
        "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4",
    ];

    private static readonly HashSet<string> s_curves = ["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35"];

    /// <summary>The certificates and the key as PEM, and the DNS names of the first; or what is wrong with them.</summary>
    public static (string? Pem, IReadOnlyList<string> Names, string? Problem) Read(Secret secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        if (Text(secret, CertificateKey) is not { } chain)
        {
            return (null, [], $"it has no text {CertificateKey}");
        }

        if (Text(secret, PrivateKey) is not { } key)
        {
            return (null, [], $"it has no text {PrivateKey}");
        }

        var certificates = new List<X509Certificate2>();
        try
        {
            foreach (var bytes in Blocks(chain))
            {
                certificates.Add(X509CertificateLoader.LoadCertificate(bytes));
            }

            if (certificates.Count is 0 or > MostCertificates)
            {
                return (null, [], $"{CertificateKey} has {certificates.Count} certificates instead of 1 to {MostCertificates}");
            }

            if (certificates.FirstOrDefault(c => !s_signatures.Contains(c.SignatureAlgorithm.Value ?? "")) is { } weak)
            {
                return (null, [], $"a certificate of {CertificateKey} is signed by {weak.SignatureAlgorithm.FriendlyName ?? "an unknown algorithm"}: SHA-256 or better, by RSA or ECDSA, is taken");
            }

            var (pem, problem) = Keyed(certificates, key);
            return (pem, DnsNames(certificates[0]), problem);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or FormatException or InvalidOperationException or NotSupportedException)
        {
            return (null, [], "its certificate or key cannot be read");
        }
        finally
        {
            certificates.ForEach(c => c.Dispose());
        }
    }

    private static (string? Pem, string? Problem) Keyed(List<X509Certificate2> certificates, string key)
    {
        var pem = new StringBuilder();
        foreach (var certificate in certificates)
        {
            pem.Append(certificate.ExportCertificatePem()).Append('\n');
        }

        using var rsa = certificates[0].GetRSAPublicKey();
        using var elliptic = certificates[0].GetECDsaPublicKey();
        if (rsa is not null)
        {
            using var own = RSA.Create();
            own.ImportFromPem(key);
            return own.KeySize is < LeastRsa or > MostRsa ? (null, $"its key has {own.KeySize} bits: {LeastRsa} to {MostRsa} are taken")
                : !own.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(rsa.ExportSubjectPublicKeyInfo()) ? (null, "its key is not that of its certificate")
                : (pem.Append(own.ExportPkcs8PrivateKeyPem()).Append('\n').ToString(), null);
        }

        if (elliptic is null)
        {
            return (null, "its key is neither RSA nor ECDSA");
        }

        using var curve = ECDsa.Create();
        curve.ImportFromPem(key);
        return !s_curves.Contains(curve.ExportParameters(false).Curve.Oid?.Value ?? "") ? (null, "its key is on another curve than P-256, P-384 and P-521")
            : !curve.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(elliptic.ExportSubjectPublicKeyInfo()) ? (null, "its key is not that of its certificate")
            : (pem.Append(curve.ExportPkcs8PrivateKeyPem()).Append('\n').ToString(), null);
    }

    private static List<string> DnsNames(X509Certificate2 certificate) =>
        [.. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(e => e.EnumerateDnsNames()).Select(n => n.ToLowerInvariant())];

    private static IEnumerable<byte[]> Blocks(string text)
    {
        var rest = text;
        while (PemEncoding.TryFind(rest, out var found))
        {
            if (rest[found.Label] == CertificateLabel)
            {
                yield return Convert.FromBase64String(rest[found.Base64Data]);
            }

            rest = rest[found.Location.End..];
        }
    }

    private static string? Text(Secret secret, string key)
    {
        if (!secret.Data.TryGetValue(key, out var encoded) || encoded.Length > LongestText)
        {
            return null;
        }

        var bytes = new byte[encoded.Length];
        return Convert.TryFromBase64String(encoded, bytes, out var length) && Ascii.IsValid(bytes.AsSpan(0, length)) ? Encoding.ASCII.GetString(bytes, 0, length) : null;
    }
}
