using System.Globalization;

namespace Insula.Api.PodSecurity;

/// <summary>The Kubernetes release whose checks a standard is made of: <c>v1.N</c>, or <c>latest</c>.</summary>
/// <param name="Minor">The N of v1.N.</param>
public readonly record struct PodSecurityVersion(int Minor)
{
    /// <summary>The newest checks there are.</summary>
    public static readonly PodSecurityVersion Latest = new(int.MaxValue);

    /// <summary>What is wrong with a text that <see cref="TryParse"/> refuses.</summary>
    public const string Complaint = "must be \"latest\" or \"v1.x\"";

    /// <summary>Reads <c>latest</c> or <c>v1.N</c>; the newest version when the text is neither.</summary>
    public static bool TryParse(string text, out PodSecurityVersion version)
    {
        version = Latest;
        if (text == "latest")
        {
            return true;
        }

        if (!text.StartsWith("v1.", StringComparison.Ordinal)
            || !int.TryParse(text.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out var minor)
            || (text.Length > 4 && text[3] == '0'))
        {
            return false;
        }

        version = new(minor);
        return true;
    }

    /// <summary>As in a label.</summary>
    public override string ToString() => this == Latest ? "latest" : string.Create(CultureInfo.InvariantCulture, $"v1.{Minor}");
}
