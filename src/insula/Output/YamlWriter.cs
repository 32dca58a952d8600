using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Insula.Cli.Output;

/// <summary>Writes JSON values as YAML, quoting what YAML would otherwise read as another type.</summary>
internal static class YamlWriter
{
    public static void Write(TextWriter output, JsonNode node)
    {
        var emitter = new Emitter(output, new EmitterSettings().WithBestWidth(int.MaxValue));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Emit(emitter, node);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
    }

    private static void Emit(Emitter emitter, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, true, map.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach (var (name, value) in map)
                {
                    EmitString(emitter, name);
                    Emit(emitter, value);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonArray list:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, true, list.Count == 0 ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (var item in list)
                {
                    Emit(emitter, item);
                }

                emitter.Emit(new SequenceEnd());
                break;
            case null:
                emitter.Emit(new Scalar("null"));
                break;
            default:
                if (node.GetValueKind() == JsonValueKind.String)
                {
                    EmitString(emitter, node.GetValue<string>());
                }
                else
                {
                    emitter.Emit(new Scalar(node.ToJsonString()));
                }

                break;
        }
    }

    private static void EmitString(Emitter emitter, string text)
    {
        var style = ReadsWellAsLines(text) ? ScalarStyle.Literal
            : NeedsQuotes(text) ? ScalarStyle.DoubleQuoted : ScalarStyle.Plain;
        emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, style, isPlainImplicit: style == ScalarStyle.Plain, isQuotedImplicit: true));
    }

    /// <summary>Whether a literal block holds exactly this text: one that begins with a space or a line break, ends with
    /// several, or has characters that YAML counts as breaks or cannot show, is kept only by quotes.</summary>
    private static bool ReadsWellAsLines(string text) =>
        text.Contains('\n', StringComparison.Ordinal)
        && !char.IsWhiteSpace(text[0])
        && !text.EndsWith("\n\n", StringComparison.Ordinal)
        && !text.Any(c => c != '\n' && IsSpecial(c))
        && !text.Split('\n').SkipLast(1).Any(line => line.Length > 0 && char.IsWhiteSpace(line[^1]));

    /// <summary>Control characters, the line breaks of Unicode, and the byte order mark.</summary>
    private static bool IsSpecial(char c) => char.IsControl(c) || c is '\u2028' or '\u2029' or '\uFEFF';

    /// <summary>YAML 1.1 readers take yes, on, ~, 0x1f, 1e3, 12:30 and dates for something else than strings.</summary>
    private static bool NeedsQuotes(string text)
    {
        if (text.Length == 0 || text[0] is ' ' or '~' or '.' or '+' or '-' || text[^1] is ' ' or ':')
        {
            return true;
        }

        if (char.IsAsciiDigit(text[0]))
        {
            return true;
        }

        if (text.ToLowerInvariant() is "y" or "n" or "yes" or "no" or "on" or "off" or "true" or "false" or "null")
        {
            return true;
        }

        return text.Any(IsSpecial)
            || text.IndexOfAny(['#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`', '{', '}', '[', ']', ',', '?', '=']) == 0
            || text.Contains(": ", StringComparison.Ordinal) || text.Contains(" #", StringComparison.Ordinal);
    }
}
