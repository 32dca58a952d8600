using System.Net;
using Insula.Api.Validation;

namespace Insula.Api.Ingresses;

/// <summary>Checks Ingresses and their classes as Kubernetes does, and that each path and host is one that a request can have.</summary>
public static class IngressValidation
{
    private const int LongestController = 250;
    private const string Wildcard = "*.";

    private static readonly string[] s_nowhere = ["//", "/./", "/../", "%2f", "%2F"];
    private static readonly string[] s_noEnd = ["/..", "/."];

    /// <summary>What is wrong with an Ingress that has its defaults; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(Ingress ingress)
    {
        ArgumentNullException.ThrowIfNull(ingress);
        var errors = new List<FieldError>();
        var all = new ErrorList(errors, "");
        MetadataValidation.Validate(all.Field("metadata"), ingress.Metadata, namespaced: true);
        Annotations(all.Field("metadata").Field("annotations"), ingress);
        var (at, spec) = (all.Field("spec"), ingress.Spec);
        if (spec.Rules.Count == 0 && spec.DefaultBackend is null)
        {
            at.Invalid("", "either `defaultBackend` or `rules` must be specified");
        }

        if (spec.DefaultBackend is { } standard)
        {
            Backend(at.Field("defaultBackend"), standard);
        }

        for (var i = 0; i < spec.Rules.Count; i++)
        {
            Rule(at.Field("rules").Index(i), spec.Rules[i]);
        }

        for (var i = 0; i < spec.Tls.Count; i++)
        {
            Tls(at.Field("tls").Index(i), spec.Tls[i]);
        }

        if (spec.IngressClassName is { Length: > 0 } name)
        {
            at.Field("ingressClassName").Name(name, Names.Dns1123Subdomain);
        }

        return errors;
    }

    /// <summary>What is wrong with a class; empty when nothing is.</summary>
    public static IReadOnlyList<FieldError> Validate(IngressClass ingressClass)
    {
        ArgumentNullException.ThrowIfNull(ingressClass);
        var errors = new List<FieldError>();
        var at = new ErrorList(errors, "");
        MetadataValidation.Validate(at.Field("metadata"), ingressClass.Metadata, namespaced: false);
        at.Field("spec").Field("controller").Name(ingressClass.Spec.Controller ?? "", Controller);
        return errors;
    }

    /// <summary>What may not be changed in a class; empty when nothing was.</summary>
    public static IReadOnlyList<FieldError> ValidateUpdate(IngressClass before, IngressClass after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        return before.Spec.Controller == after.Spec.Controller ? [] : [FieldError.Invalid("spec.controller", after.Spec.Controller, "field is immutable")];
    }

    /// <summary>Whether a rule may have this host: a DNS name, or one with a wildcard for its first label.</summary>
    public static bool IsHost(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        var errors = new List<FieldError>();
        Host(new ErrorList(errors, ""), host);
        return errors.Count == 0;
    }

    private static void Annotations(ErrorList at, Ingress ingress)
    {
        IngressSettings.Of(ingress.Metadata.Annotations, name =>
        {
            if (IngressSettings.Annotations.TryGetValue(name, out var form))
            {
                at.Key(name).Invalid(ingress.Metadata.Annotations[name], $"must be {form}");
            }
            else
            {
                at.All.Add(FieldError.NotSupported(at.Path, name, IngressSettings.Annotations.Keys));
            }
        });
        if (ingress.Metadata.Annotations.TryGetValue(IngressWords.OldClassAnnotation, out var old) && ingress.Spec.IngressClassName is { Length: > 0 } given && old != given)
        {
            at.Key(IngressWords.OldClassAnnotation).Invalid(old, "can not be set when the class field is also set");
        }
    }

    private static void Rule(ErrorList at, IngressRule rule)
    {
        if (rule.Host is { Length: > 0 } host)
        {
            Host(at.Field("host"), host);
        }

        if (rule.Http is not { } http)
        {
            return;
        }

        var paths = at.Field("http").Field("paths");
        if (http.Paths.Count == 0)
        {
            paths.Required();
        }

        for (var i = 0; i < http.Paths.Count; i++)
        {
            Path(paths.Index(i), http.Paths[i]);
        }
    }

    private static void Host(ErrorList at, string host)
    {
        if (IPAddress.TryParse(host, out _))
        {
            at.Invalid(host, "must be a DNS name, not an IP address");
        }
        else if (host.Length > 253)
        {
            at.Invalid(host, "must be no more than 253 characters");
        }
        else if (Names.Dns1123Subdomain(host.StartsWith(Wildcard, StringComparison.Ordinal) ? host[Wildcard.Length..] : host) is { } complaint)
        {
            at.Invalid(host, host.Contains('*', StringComparison.Ordinal) ? "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain (e.g. '*.example.com')" : complaint);
        }
    }

    private static void Path(ErrorList at, HttpIngressPath path)
    {
        var text = path.Path ?? "";
        var field = at.Field("path");
        if (string.IsNullOrEmpty(path.PathType))
        {
            at.Field("pathType").Required("pathType must be specified");
        }

        if (path.PathType != PathTypes.ImplementationSpecific || text.Length > 0)
        {
            if (!text.StartsWith('/'))
            {
                field.Invalid(text, "must be an absolute path");
            }

            foreach (var part in s_nowhere.Where(part => text.Contains(part, StringComparison.Ordinal)))
            {
                field.Invalid(text, $"must not contain '{part}'");
            }

            foreach (var end in s_noEnd.Where(end => text.EndsWith(end, StringComparison.Ordinal)))
            {
                field.Invalid(text, $"cannot end with '{end}'");
            }

            if (!text.All(IsInPaths))
            {
                field.Invalid(text, "must be as requests write it (RFC 3986, 3.3): other characters than letters, digits and -._~!$&'()*+,;=:@/ as %XX, and no query");
            }
        }

        Backend(at.Field("backend"), path.Backend);
    }

    /// <summary>Whether a character may be in the path of a request.</summary>
    public static bool IsInPaths(char c) => char.IsAsciiLetterOrDigit(c) || "-._~!$&'()*+,;=:@/%".Contains(c, StringComparison.Ordinal);

    private static void Backend(ErrorList at, IngressBackend backend)
    {
        if (backend.Service is not { } service)
        {
            at.Required("a `service` must be specified");
            return;
        }

        at.Field("service").Field("name").Name(service.Name, Names.Dns1035Label);
        var port = at.Field("service").Field("port");
        if (service.Port.Name is { Length: > 0 } name)
        {
            if (service.Port.Number is not (null or 0))
            {
                port.Invalid(name, "cannot set both port name & port number");
            }

            port.Field("name").Name(name, Names.Dns1123Label);
        }
        else if (service.Port.Number is not { } number)
        {
            port.Required("port name or number is required");
        }
        else
        {
            port.Field("number").Range(number, 1, 65535);
        }
    }

    private static void Tls(ErrorList at, IngressTls tls)
    {
        for (var i = 0; i < tls.Hosts.Count; i++)
        {
            Host(at.Field("hosts").Index(i), tls.Hosts[i]);
        }

        if (tls.SecretName is { Length: > 0 } name)
        {
            at.Field("secretName").Name(name, Names.Dns1123Subdomain);
        }
    }

    /// <summary>A domain, a slash, and a path.</summary>
    private static string? Controller(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return text.Length > LongestController ? $"must be no more than {LongestController} characters"
            : slash <= 0 || slash == text.Length - 1 || Names.Dns1123Subdomain(text[..slash]) is not null || !text[(slash + 1)..].All(IsInPaths)
                ? "must be a domain-prefixed path (such as \"acme.io/foo\")"
                : null;
    }
}
