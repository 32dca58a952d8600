using System.Text.Json;
using System.Text.Json.Nodes;

namespace Insula.Api.Selectors;

/// <summary>
/// A field selector: <c>metadata.name=web,status.phase!=Running</c>. Values may escape comma, equals and backslash
/// with a backslash, as in Kubernetes. A missing field is the empty text.
/// </summary>
public sealed class FieldSelector
{
    private static readonly Dictionary<string, HashSet<string>> _fields = new()
    {
        ["pods"] =
        [
            "metadata.name", "metadata.namespace", "spec.nodeName", "spec.restartPolicy", "spec.schedulerName",
            "spec.serviceAccountName", "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName",
        ],
        ["events"] =
        [
            "metadata.name", "metadata.namespace", "involvedObject.kind", "involvedObject.namespace", "involvedObject.name",
            "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath",
            "reason", "reportingComponent", "source", "type",
        ],
        ["namespaces"] = ["metadata.name", "metadata.namespace", "status.phase", "name"],
    };

    private readonly List<(string[] Path, string Field, string Value, bool Equal)> _terms = [];

    private FieldSelector()
    {
    }

    /// <summary>Matches everything.</summary>
    public static FieldSelector Everything { get; } = new();

    /// <summary>The name that a <c>metadata.name=</c> term asks for; null when there is none.</summary>
    public string? Name => _terms.FirstOrDefault(t => t.Equal && t.Field == "metadata.name").Value;

    /// <summary>Reads a selector for a resource (pods, events, namespaces; others know name and namespace only).</summary>
    /// <exception cref="SelectorException">Malformed, or a field that cannot be selected by.</exception>
    public static FieldSelector Parse(string? text, string resource)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return Everything;
        }

        var selector = new FieldSelector();
        foreach (var term in Split(text))
        {
            selector.Add(term, text, resource);
        }

        return selector;
    }

    /// <summary>Whether an object matches.</summary>
    public bool Matches(JsonObject document)
    {
        foreach (var (path, _, value, equal) in _terms)
        {
            if ((ValueAt(document, path) == value) != equal)
            {
                return false;
            }
        }

        return true;
    }

    private static string ValueAt(JsonObject document, string[] path)
    {
        JsonNode? node = document;
        foreach (var name in path)
        {
            node = (node as JsonObject)?[name];
        }

        return node is null ? path is ["spec", "hostNetwork"] ? "false" : ""
            : node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : node.ToJsonString();
    }

    // Splits at commas that no backslash precedes.
    private static IEnumerable<string> Split(string text)
    {
        var start = 0;
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '\\')
            {
                at++;
            }
            else if (text[at] == ',')
            {
                yield return text[start..at];
                start = at + 1;
            }
        }

        yield return text[start..];
    }

    private void Add(string term, string text, string resource)
    {
        if (term.Length == 0)
        {
            return;
        }

        var at = term.IndexOf('=', StringComparison.Ordinal);
        if (at <= 0)
        {
            throw new SelectorException($"invalid field selector {Validation.Quoted.Text(text)}: {Validation.Quoted.Text(term)} has no operator; use =, == or !=");
        }

        var equal = term[at - 1] != '!';
        var field = term[..(equal ? at : at - 1)].Trim();
        var value = Unescape(term[(term.AsSpan(at).StartsWith("==") ? at + 2 : at + 1)..], text);
        var known = _fields.TryGetValue(resource, out var fields) ? fields.Contains(field) : field is "metadata.name" or "metadata.namespace";
        if (!known)
        {
            throw new SelectorException($"field label not supported: {field}; {resource} can be selected by {string.Join(", ", (fields ?? ["metadata.name", "metadata.namespace"]).Order(StringComparer.Ordinal))}");
        }

        var path = (field, resource) switch
        {
            ("source", "events") => ["source", "component"],
            ("name", "namespaces") => ["metadata", "name"],
            _ => field.Split('.'),
        };
        _terms.Add((path, field, value, equal));
    }

    private static string Unescape(string value, string text)
    {
        var result = new System.Text.StringBuilder(value.Length);
        for (var at = 0; at < value.Length; at++)
        {
            if (value[at] == '=')
            {
                throw new SelectorException($"invalid field selector {Validation.Quoted.Text(text)}: unescaped = in a value; write \\=");
            }

            if (value[at] == '\\' && (++at == value.Length || value[at] is not ('\\' or ',' or '=')))
            {
                throw new SelectorException($"invalid field selector {Validation.Quoted.Text(text)}: a backslash may stand before \\ , = only");
            }

            result.Append(value[at]);
        }

        return result.ToString();
    }
}
