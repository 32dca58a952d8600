using System.Text.Json.Nodes;
using Insula.Cli.Client;
using Insula.Cli.Output;

namespace Insula.Cli.Commands;

/// <summary>The value of <c>wait --for</c>.</summary>
internal sealed class WaitCondition
{
    private readonly string? _type;
    private readonly string? _template;
    private readonly string? _value;

    private WaitCondition(string text, string? type = null, string? template = null, string? value = null)
    {
        Text = text;
        _type = type;
        _template = template;
        _value = value;
    }

    public string Text { get; }

    public bool IsDelete => Text == "delete";

    public bool IsCreate => Text == "create";

    public static WaitCondition Parse(string text)
    {
        if (text is "delete" or "create")
        {
            return new WaitCondition(text);
        }

        if (text.StartsWith("condition=", StringComparison.Ordinal))
        {
            var parts = text["condition=".Length..].Split('=', 2);
            return new WaitCondition(text, type: parts[0], value: parts.Length == 2 ? parts[1] : "True");
        }

        if (text.StartsWith("jsonpath=", StringComparison.Ordinal))
        {
            // The template ends with its last brace; quotes around it and around the value are the shell's leftovers.
            var rest = text["jsonpath=".Length..];
            var end = rest.LastIndexOf('}') + 1;
            var tail = rest[end..].TrimStart('\'');
            if (end > 0 && (tail.Length == 0 || tail[0] == '='))
            {
                return new WaitCondition(text, template: rest[..end].Trim('\''), value: tail.Length == 0 ? null : tail[1..].Trim('\''));
            }
        }

        throw new CommandException($"--for={text}: use condition=TYPE[=STATUS], delete, create or jsonpath='{{PATH}}'[=VALUE]");
    }

    /// <summary>Whether the object, null when it does not exist, has come to the condition.</summary>
    public bool Met(JsonObject? current)
    {
        if (current is null)
        {
            return IsDelete;
        }

        if (_type is not null)
        {
            return (current["status"]?["conditions"]?.AsArray() ?? []).Any(c =>
                string.Equals((string?)c?["type"], _type, StringComparison.OrdinalIgnoreCase)
                && string.Equals((string?)c?["status"], _value, StringComparison.OrdinalIgnoreCase));
        }

        if (_template is not null)
        {
            var found = JsonPaths.Evaluate(_template, current);
            return _value is null ? found.Length > 0 : found == _value;
        }

        return IsCreate;
    }
}
