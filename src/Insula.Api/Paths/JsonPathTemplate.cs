using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Insula.Api.Json;

namespace Insula.Api.Paths;

/// <summary>
/// A JSONPath template as kubectl has them: text with paths in braces, <c>{.items[*].metadata.name}</c>,
/// <c>{range .items[*]}{.metadata.name}{"\n"}{end}</c>, filters <c>[?(@.status.phase=="Running")]</c>, slices, unions
/// and <c>..</c>. Missing fields print nothing.
/// </summary>
public sealed class JsonPathTemplate
{
    private readonly IReadOnlyList<TemplatePart> _parts;

    private JsonPathTemplate(IReadOnlyList<TemplatePart> parts) => _parts = parts;

    /// <summary>Reads a template.</summary>
    /// <exception cref="JsonPathException">Malformed; the message says where.</exception>
    public static JsonPathTemplate Parse(string template) => new(new JsonPathParser(template).Template());

    /// <summary>Reads one path, braces and leading dot being optional: <c>status.phase</c>, <c>{.status.phase}</c>.</summary>
    /// <exception cref="JsonPathException">Malformed; the message says where.</exception>
    public static JsonPathTemplate ParsePath(string path)
    {
        var bare = path.Trim();
        bare = bare.StartsWith('{') && bare.EndsWith('}') ? bare[1..^1].Trim() : bare;
        return new([new JsonPathParser(bare).SinglePath()]);
    }

    /// <summary>The template filled in from a document. Several values of one path are separated by spaces.</summary>
    /// <exception cref="JsonPathException">An index beyond a list's end.</exception>
    public string Execute(JsonNode? document)
    {
        var output = new StringBuilder();
        Execute(output, _parts, document, document);
        return output.ToString();
    }

    /// <summary>The values of all paths of the template, ranges left aside.</summary>
    /// <exception cref="JsonPathException">An index beyond a list's end.</exception>
    public IReadOnlyList<JsonNode?> Find(JsonNode? document) =>
        [.. _parts.OfType<TemplatePart.Path>().SelectMany(p => PathEvaluator.Find(document, document, p.Steps))];

    /// <summary>A value as templates print it: strings plain, all else as JSON.</summary>
    public static string Print(JsonNode? value) => value switch
    {
        null => "<nil>",
        _ when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        _ => JsonSerializer.Serialize(value, ApiJson.TypeInfo<JsonNode>()),
    };

    private static void Execute(StringBuilder output, IReadOnlyList<TemplatePart> parts, JsonNode? current, JsonNode? root)
    {
        foreach (var part in parts)
        {
            switch (part)
            {
                case TemplatePart.Text text:
                    output.Append(text.Value);
                    break;
                case TemplatePart.Path path:
                    output.AppendJoin(' ', PathEvaluator.Find(path.FromRoot ? root : current, root, path.Steps).Select(Print));
                    break;
                case TemplatePart.Range range:
                    foreach (var value in PathEvaluator.Find(range.FromRoot ? root : current, root, range.Steps))
                    {
                        Execute(output, range.Body, value, root);
                    }

                    break;
            }
        }
    }
}
