using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Insula.Api.Ingresses;

namespace Insula.Ingresses.Model;

/// <summary>Names of backends: the same port of a Service with the same settings is one backend, whichever Ingresses lead to it.</summary>
internal static class BackendNames
{
    private const int HashLength = 8;
    private static readonly IngressSettings s_standard = new();

    public static string Of(string space, IngressServiceBackend service, IngressSettings settings)
    {
        var name = $"{space}:{service.Name}:{service.Port}";
        return settings == s_standard ? name : $"{name}:{Hash(settings)}";
    }

    private static string Hash(IngressSettings settings)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{settings.ConnectTimeout.TotalSeconds} {settings.ResponseTimeout.TotalSeconds} {settings.TunnelTimeout.TotalSeconds} {settings.MaxBodySize} {settings.RequestsPerSecond} {settings.HttpsRedirect}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text)))[..HashLength];
    }
}
