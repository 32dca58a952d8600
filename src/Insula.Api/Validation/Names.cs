namespace Insula.Api.Validation;

/// <summary>
/// The forms that names have in Kubernetes (apimachinery util/validation). Each check returns the complaint, or null
/// when the text is well formed.
/// </summary>
public static class Names
{
    private const string LabelMessage = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
    private const string Dns1035Message = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
    private const string SubdomainMessage = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
    private const string QualifiedMessage = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    private const string LabelValueMessage = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

    /// <summary>A DNS label of RFC 1123: at most 63 lower-case letters, digits and dashes.</summary>
    public static string? Dns1123Label(string text) =>
        text.Length > 63 ? "must be no more than 63 characters" : IsLabel(text) ? null : LabelMessage;

    /// <summary>A DNS label of RFC 1035: as RFC 1123 has it, but beginning with a letter.</summary>
    public static string? Dns1035Label(string text) =>
        text.Length > 63 ? "must be no more than 63 characters" : IsLabel(text) && char.IsAsciiLetterLower(text[0]) ? null : Dns1035Message;

    /// <summary>A DNS subdomain of RFC 1123: labels joined by dots, at most 253 characters.</summary>
    public static string? Dns1123Subdomain(string text) =>
        text.Length > 253 ? "must be no more than 253 characters" : text.Split('.').All(IsLabel) ? null : SubdomainMessage;

    /// <summary>A qualified name: an optional DNS subdomain and a slash, then at most 63 characters (label keys).</summary>
    public static string? QualifiedName(string text)
    {
        var parts = text.Split('/');
        if (parts.Length > 2)
        {
            return "a qualified name " + QualifiedMessage[("name part ".Length)..] + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
        }

        if (parts.Length == 2)
        {
            if (parts[0].Length == 0)
            {
                return "prefix part must be non-empty";
            }

            if (Dns1123Subdomain(parts[0]) is { } complaint)
            {
                return "prefix part " + complaint;
            }
        }

        var name = parts[^1];
        return name.Length == 0 ? "name part must be non-empty"
            : name.Length > 63 ? "name part must be no more than 63 characters"
            : IsQualified(name) ? null : QualifiedMessage;
    }

    /// <summary>A label's value: empty, or at most 63 characters.</summary>
    public static string? LabelValue(string text) =>
        text.Length > 63 ? "must be no more than 63 bytes"
        : text.Length == 0 || IsQualified(text) ? null : LabelValueMessage;

    /// <summary>A port's name: at most 15 lower-case letters, digits and single dashes with at least one letter (RFC 6335).</summary>
    public static string? PortName(string text)
    {
        if (text.Length > 15)
        {
            return "must be no more than 15 characters";
        }

        if (text.Any(c => !(c is '-' || char.IsAsciiDigit(c) || char.IsAsciiLetterLower(c))) || text.Length == 0)
        {
            return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
        }

        return !text.Any(char.IsAsciiLetterLower) ? "must contain at least one letter (a-z)"
            : text.Contains("--", StringComparison.Ordinal) ? "must not contain consecutive hyphens"
            : text[0] == '-' || text[^1] == '-' ? "must not begin or end with a hyphen" : null;
    }

    /// <summary>An environment variable's name: printable ASCII without '='.</summary>
    public static string? EnvName(string text) =>
        text.Length > 0 && text.All(c => c is >= ' ' and <= '~' and not '=')
            ? null
            : "a valid environment variable name must consist only of printable ASCII characters other than '='";

    /// <summary>A key of a ConfigMap or Secret, which may become a file's name.</summary>
    public static string? ConfigKey(string text) =>
        text.Length > 253 ? "must be no more than 253 characters"
        : text.Length == 0 || !text.All(c => c is '-' or '.' or '_' || char.IsAsciiLetterOrDigit(c))
            ? "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
        : text == "." ? "must not be '.'"
        : text == ".." ? "must not be '..'"
        : text.StartsWith("..", StringComparison.Ordinal) ? "must not start with '..'" : null;

    /// <summary>An HTTP header's name.</summary>
    public static string? HeaderName(string text) =>
        text.Length > 0 && text.All(c => c == '-' || char.IsAsciiLetterOrDigit(c))
            ? null
            : "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";

    private static bool IsLabel(string text)
    {
        if (text.Length == 0 || text[0] == '-' || text[^1] == '-')
        {
            return false;
        }

        foreach (var c in text)
        {
            if (c != '-' && !char.IsAsciiDigit(c) && !char.IsAsciiLetterLower(c))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsQualified(string text)
    {
        if (text.Length == 0 || !char.IsAsciiLetterOrDigit(text[0]) || !char.IsAsciiLetterOrDigit(text[^1]))
        {
            return false;
        }

        foreach (var c in text)
        {
            if (c is not ('-' or '_' or '.') && !char.IsAsciiLetterOrDigit(c))
            {
                return false;
            }
        }

        return true;
    }
}
