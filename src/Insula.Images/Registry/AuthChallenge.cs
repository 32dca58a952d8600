using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace Insula.Images.Registry;

/// <summary>What a registry wants to know before it answers (WWW-Authenticate, RFC 9110 11.6.1; the distribution specification's token form).</summary>
/// <param name="IsBearer">Whether a token is to be fetched; otherwise name and password are wanted.</param>
/// <param name="Realm">Where tokens are given.</param>
/// <param name="Service">For which service.</param>
internal sealed partial record AuthChallenge(bool IsBearer, string Realm, string? Service)
{
    /// <summary>The first one that is understood; null when none is.</summary>
    public static AuthChallenge? Read(HttpResponseHeaders headers)
    {
        foreach (AuthenticationHeaderValue value in headers.WwwAuthenticate)
        {
            Dictionary<string, string> parts = Part().Matches(value.Parameter ?? "").DistinctBy(m => m.Groups[1].Value.ToLowerInvariant())
                .ToDictionary(m => m.Groups[1].Value.ToLowerInvariant(), m => m.Groups[2].Value);
            if (value.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) && parts.TryGetValue("realm", out string? realm))
            {
                return new(true, realm, parts.GetValueOrDefault("service"));
            }

            if (value.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
            {
                return new(false, parts.GetValueOrDefault("realm") ?? "", null);
            }
        }

        return null;
    }

    [GeneratedRegex("""([A-Za-z]+)="([^"]*)"(?:,|$)""")]
    private static partial Regex Part();
}
