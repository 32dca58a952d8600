using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Insula.Api.Paths;

/// <summary>Reads templates as kubectl has them (client-go util/jsonpath).</summary>
internal sealed class JsonPathParser(string text)
{
    private int _at;

    public List<TemplatePart> Template() => Parts(inRange: false);

    /// <summary>A whole text that is one path, with or without braces and leading dot.</summary>
    public TemplatePart.Path SinglePath()
    {
        var path = Path();
        return _at == text.Length ? path : throw Error("the end is expected");
    }

    private List<TemplatePart> Parts(bool inRange)
    {
        var parts = new List<TemplatePart>();
        while (_at < text.Length)
        {
            var open = text.IndexOf('{', _at);
            if (open != _at)
            {
                var end = open < 0 ? text.Length : open;
                parts.Add(new TemplatePart.Text(text[_at..end]));
                _at = end;
                continue;
            }

            _at++;
            if (Action(parts) is { } ended)
            {
                return inRange ? ended : throw Error("{end} without {range}");
            }
        }

        return inRange ? throw Error("{range} without {end}") : parts;
    }

    // Reads up to the closing brace; returns the parts when the action was {end}.
    private List<TemplatePart>? Action(List<TemplatePart> parts)
    {
        while (true)
        {
            SkipSpace();
            if (_at >= text.Length)
            {
                throw Error("'}' is missing");
            }

            if (text[_at] == '}')
            {
                _at++;
                return null;
            }

            if (text[_at] is '\'' or '"')
            {
                parts.Add(new TemplatePart.Text(QuotedText()));
            }
            else if (Word("range"))
            {
                SkipSpace();
                var path = Path();
                Close();
                parts.Add(new TemplatePart.Range(path.Steps, path.FromRoot, Parts(inRange: true)));
                return null;
            }
            else if (Word("end"))
            {
                Close();
                return parts;
            }
            else
            {
                parts.Add(Path());
            }
        }
    }

    private void Close()
    {
        SkipSpace();
        if (_at >= text.Length || text[_at] != '}')
        {
            throw Error("'}' is expected");
        }

        _at++;
    }

    private TemplatePart.Path Path()
    {
        var fromRoot = false;
        if (_at < text.Length && text[_at] is '$' or '@')
        {
            fromRoot = text[_at++] == '$';
        }
        else if (_at < text.Length && (char.IsLetter(text[_at]) || text[_at] == '_'))
        {
            return new(Steps([new PathStep.Fields([Name()])]), false);
        }
        else if (_at >= text.Length || text[_at] is not ('.' or '['))
        {
            throw Error("a path is expected, such as .metadata.name");
        }

        return new(Steps([]), fromRoot);
    }

    private List<PathStep> Steps(List<PathStep> steps)
    {
        while (_at < text.Length)
        {
            if (text[_at] == '[')
            {
                _at++;
                steps.Add(Bracket());
            }
            else if (text[_at] == '.')
            {
                _at++;
                if (_at < text.Length && text[_at] == '.')
                {
                    _at++;
                    steps.Add(new PathStep.Descent());
                }

                if (_at < text.Length && text[_at] == '*')
                {
                    _at++;
                    steps.Add(new PathStep.Wildcard());
                }
                else if (_at < text.Length && text[_at] != '[' && Name() is { Length: > 0 } name)
                {
                    steps.Add(new PathStep.Fields([name]));
                }
            }
            else
            {
                break;
            }
        }

        return steps;
    }

    // A field's name; a backslash takes the next character as it is.
    private string Name()
    {
        var name = new StringBuilder();
        while (_at < text.Length && !char.IsWhiteSpace(text[_at]) && !".[]{}(),=!<>'\"?@$|&".Contains(text[_at], StringComparison.Ordinal))
        {
            if (text[_at] == '\\' && ++_at == text.Length)
            {
                throw Error("a backslash at the end");
            }

            name.Append(text[_at++]);
        }

        return name.ToString();
    }

    private PathStep Bracket()
    {
        SkipSpace();
        if (_at < text.Length && text[_at] == '?')
        {
            _at++;
            return Filter();
        }

        if (_at < text.Length && text[_at] == '*')
        {
            _at++;
            Expect(']');
            return new PathStep.Wildcard();
        }

        var names = new List<PathStep.Key>();
        var slices = new List<PathStep.Slice>();
        do
        {
            SkipSpace();
            if (_at < text.Length && text[_at] is '\'' or '"')
            {
                names.Add(QuotedKey());
            }
            else
            {
                slices.Add(Slice());
            }

            SkipSpace();
        }
        while (Take(','));
        Expect(']');
        return names.Count > 0 && slices.Count > 0
            ? throw Error("names and indices cannot be mixed")
            : names.Count > 0 ? new PathStep.Keys(names) : new PathStep.Slices(slices);
    }

    private PathStep.Slice Slice()
    {
        var from = Integer();
        if (!Take(':'))
        {
            return new(from ?? throw Error("an index, a name in quotes, * or ?() is expected"), null, 1, true);
        }

        var to = Integer();
        var step = Take(':') ? Integer() ?? 1 : 1;
        return step > 0 ? new(from, to, step, false) : throw Error("a slice's step must be positive");
    }

    private int? Integer()
    {
        SkipSpace();
        var start = _at;
        _ = Take('-');
        while (_at < text.Length && char.IsAsciiDigit(text[_at]))
        {
            _at++;
        }

        var digits = text[start.._at];
        SkipSpace();
        return digits.Length == 0 ? null
            : int.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number
            : throw Error($"{digits} is no index");
    }

    private PathStep.Filter Filter()
    {
        Expect('(');
        var left = Operand();
        SkipSpace();
        string? operation = null;
        FilterOperand? right = null;
        foreach (var candidate in (ReadOnlySpan<string>)["==", "!=", "<=", ">=", "<", ">"])
        {
            if (operation is null && string.CompareOrdinal(text, _at, candidate, 0, candidate.Length) == 0)
            {
                operation = candidate;
                _at += candidate.Length;
                right = Operand();
            }
        }

        SkipSpace();
        Expect(')');
        SkipSpace();
        Expect(']');
        return new(left, operation, right);
    }

    private FilterOperand Operand()
    {
        SkipSpace();
        if (_at >= text.Length)
        {
            throw Error("a value is expected");
        }

        if (text[_at] is '\'' or '"')
        {
            return new(null, false, JsonValue.Create(QuotedText()));
        }

        if (text[_at] is '@' or '$' or '.')
        {
            var path = Path();
            return new(path.Steps, path.FromRoot, null);
        }

        var start = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '-' or '+' or '.'))
        {
            _at++;
        }

        var word = text[start.._at];
        return new(null, false, word switch
        {
            "true" => JsonValue.Create(true),
            "false" => JsonValue.Create(false),
            _ when double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
            _ => throw Error($"a value is expected; put texts in quotes"),
        });
    }

    private PathStep.Key QuotedKey()
    {
        var start = _at + 1;
        var whole = QuotedText();
        var parts = new List<string>();
        var part = new StringBuilder();
        for (var at = start; at < _at - 1; at++)
        {
            if (text[at] == '.')
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else
            {
                at += text[at] == '\\' && at + 1 < _at - 1 ? 1 : 0;
                part.Append(text[at]);
            }
        }

        parts.Add(part.ToString());
        return new(whole, parts);
    }

    private string QuotedText()
    {
        var quote = text[_at++];
        var result = new StringBuilder();
        while (_at < text.Length && text[_at] != quote)
        {
            if (text[_at] != '\\' || _at + 1 == text.Length)
            {
                result.Append(text[_at++]);
                continue;
            }

            _at++;
            result.Append(text[_at] switch
            {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                var other => other,
            });
            _at++;
        }

        if (_at++ >= text.Length)
        {
            throw Error("a quote is not closed");
        }

        return result.ToString();
    }

    private bool Word(string word)
    {
        var end = _at + word.Length;
        if (string.CompareOrdinal(text, _at, word, 0, word.Length) != 0 || (end < text.Length && text[end] is not ('}' or ' ' or '\t' or '\n')))
        {
            return false;
        }

        _at = end;
        return true;
    }

    private bool Take(char c)
    {
        if (_at >= text.Length || text[_at] != c)
        {
            return false;
        }

        _at++;
        return true;
    }

    private void Expect(char c)
    {
        if (!Take(c))
        {
            throw Error($"'{c}' is expected");
        }
    }

    private void SkipSpace()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at]))
        {
            _at++;
        }
    }

    private JsonPathException Error(string what) =>
        new($"JSONPath {Validation.Quoted.Text(text)}: {what} at position {_at + 1}");
}
