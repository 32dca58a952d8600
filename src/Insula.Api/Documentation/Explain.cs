using System.Text;
using Insula.Api.Kinds;
using Insula.Api.Schema;

namespace Insula.Api.Documentation;

/// <summary>The text of <c>insula explain</c>: what a kind or a field is, and what Insula does with it.</summary>
public static class Explain
{
    private const int Width = 80;

    /// <summary>Explains <c>pod</c>, <c>pods.spec.containers</c>, …; false with the complaint when there is no such field.</summary>
    public static bool TryText(string path, bool recursive, out string text)
    {
        var parts = path.Split('.');
        if (KindTable.FindByWord(parts[0]) is not { } kind)
        {
            var near = KindTable.Suggest(parts[0]);
            text = $"no kind {Validation.Quoted.Text(parts[0])}" + (near is null ? "" : $", did you mean {Validation.Quoted.Text(near.ToLowerInvariant())}?");
            return false;
        }

        var type = Schemas.For(kind.Kind);
        FieldInfo? field = null;
        foreach (var part in parts.Skip(1))
        {
            var name = part.Split('[')[0];
            field = type?.Find(name);
            if (field is null)
            {
                var near = Suggestions.Closest(name, type?.Fields.Select(f => f.Name) ?? []);
                text = $"no field {Validation.Quoted.Text(name)} in {type?.Name ?? "a value that has no fields"}"
                    + (near is null ? "" : $", did you mean {Validation.Quoted.Text(near)}?");
                return false;
            }

            type = field.ObjectType;
        }

        text = Text(kind, field, type, recursive);
        return true;
    }

    /// <summary>What Insula does with a field, in a few words; empty when it is simply honoured.</summary>
    internal static string Note(FieldInfo field) => (field.Support, field.IsReadOnly) switch
    {
        (FieldSupport.Refused, _) => field.Reason.StartsWith(Define.NotYet, StringComparison.Ordinal) ? $"Refused: {field.Reason}." : $"Refused: not supported: {field.Reason}.",
        (FieldSupport.Supported, _) when field.IsOnlyHere => "Insula's own: Kubernetes does not have this field.",
        (FieldSupport.Meaningless, _) => $"Accepted with a warning, without effect: {field.Reason}.",
        (_, true) => "Written by the server.",
        _ when field.RefusedValues.Count > 0 => $"Refused values: {string.Join(", ", field.RefusedValues.Select(v => $"{v.Key} ({v.Value})"))}.",
        _ => "",
    };

    private static string Text(KindInfo kind, FieldInfo? field, ObjectType? type, bool recursive)
    {
        var output = new StringBuilder();
        Add(output, $"KIND:       {kind.Kind}");
        Add(output, $"VERSION:    {kind.ApiVersion}\n");
        if (kind.Support != KindSupport.Supported)
        {
            Add(output, $"INSULA:     {(kind.Support == KindSupport.Stored ? "stored without effect" : "refused")}: {kind.Reason}\n");
        }

        if (field is not null)
        {
            Add(output, $"FIELD: {field.Name} <{field.TypeName}>{(field.IsRequired ? " -required-" : "")}\n");
        }

        Add(output, "DESCRIPTION:");
        Wrap(output, "    ", field?.Doc ?? type?.Doc ?? "");
        if (field is not null)
        {
            Allowed(output, "    ", field);
            Wrap(output, "    ", Note(field));
        }

        if (type is not null)
        {
            Add(output, "\nFIELDS:");
            Fields(output, type, "  ", recursive);
        }

        return output.ToString().TrimEnd() + "\n";
    }

    private static void Fields(StringBuilder output, ObjectType type, string indent, bool recursive)
    {
        foreach (var field in type.Fields)
        {
            Add(output, $"{indent}{field.Name}\t<{field.TypeName}>{(field.IsRequired ? " -required-" : "")}");
            if (recursive)
            {
                if (field is { ObjectType: { } below, Support: not FieldSupport.Refused })
                {
                    Fields(output, below, indent + "  ", recursive);
                }

                continue;
            }

            Wrap(output, indent + "  ", field.Doc);
            Allowed(output, indent + "  ", field);
            Wrap(output, indent + "  ", Note(field));
            Add(output, "");
        }
    }

    private static void Allowed(StringBuilder output, string indent, FieldInfo field)
    {
        if (field.Allowed.Count > 0)
        {
            Wrap(output, indent, "One of: " + string.Join(", ", field.Allowed.Select(a => a.Length == 0 ? "\"\"" : a)) + ".");
        }
    }

    private static void Wrap(StringBuilder output, string indent, string text)
    {
        var line = new StringBuilder(indent);
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > indent.Length && line.Length + word.Length + 1 > Width)
            {
                output.Append(line).Append('\n');
                line.Clear().Append(indent);
            }

            line.Append(line.Length > indent.Length ? " " : "").Append(word);
        }

        if (line.Length > indent.Length)
        {
            output.Append(line).Append('\n');
        }
    }

    private static void Add(StringBuilder output, string line) => output.Append(line).Append('\n');
}
