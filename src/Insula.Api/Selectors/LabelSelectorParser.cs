using System.Globalization;
using Insula.Api.Validation;

namespace Insula.Api.Selectors;

/// <summary>Reads the text form of label selectors, as apimachinery's labels.Parse does.</summary>
internal ref struct LabelSelectorParser
{
    private readonly string _text;
    private int _at;

    private LabelSelectorParser(string text) => _text = text;

    public static List<Requirement> Parse(string text)
    {
        var parser = new LabelSelectorParser(text);
        var requirements = new List<Requirement>();
        while (true)
        {
            requirements.Add(parser.One());
            parser.SkipSpace();
            if (parser._at == text.Length)
            {
                return requirements;
            }

            if (!parser.Take(","))
            {
                throw parser.Error("a comma is expected");
            }
        }
    }

    private Requirement One()
    {
        SkipSpace();
        if (Take("!"))
        {
            return Make(Word(), LabelOperator.DoesNotExist, []);
        }

        var key = Word();
        SkipSpace();
        if (_at == _text.Length || _text[_at] == ',')
        {
            return Make(key, LabelOperator.Exists, []);
        }

        if (Take("==") || Take("="))
        {
            return Make(key, LabelOperator.In, [ValueWord()]);
        }

        if (Take("!="))
        {
            return Make(key, LabelOperator.NotIn, [ValueWord()]);
        }

        if (Take(">"))
        {
            return Make(key, LabelOperator.GreaterThan, [ValueWord()]);
        }

        if (Take("<"))
        {
            return Make(key, LabelOperator.LessThan, [ValueWord()]);
        }

        return Word() switch
        {
            "in" => Make(key, LabelOperator.In, Values()),
            "notin" => Make(key, LabelOperator.NotIn, Values()),
            _ => throw Error("an operator is expected: =, ==, !=, in, notin, > or <"),
        };
    }

    private HashSet<string> Values()
    {
        SkipSpace();
        if (!Take("("))
        {
            throw Error("'(' is expected");
        }

        var values = new HashSet<string>();
        while (true)
        {
            values.Add(ValueWord());
            SkipSpace();
            if (Take(")"))
            {
                return values;
            }

            if (!Take(","))
            {
                throw Error("',' or ')' is expected");
            }
        }
    }

    private readonly Requirement Make(string key, LabelOperator operation, HashSet<string> values)
    {
        if (Names.QualifiedName(key) is { } complaint)
        {
            throw new SelectorException($"label selector {Quoted.Text(_text)}: key {Quoted.Text(key)}: {complaint}");
        }

        foreach (var value in values)
        {
            if (Names.LabelValue(value) is { } valueComplaint)
            {
                throw new SelectorException($"label selector {Quoted.Text(_text)}: value {Quoted.Text(value)}: {valueComplaint}");
            }

            if (operation is LabelOperator.GreaterThan or LabelOperator.LessThan
                && !long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            {
                throw new SelectorException($"label selector {Quoted.Text(_text)}: > and < compare with an integer, not {Quoted.Text(value)}");
            }
        }

        return new(key, operation, values);
    }

    private string Word()
    {
        var word = ValueWord();
        return word.Length > 0 ? word : throw Error("a label's key is expected");
    }

    private string ValueWord()
    {
        SkipSpace();
        var start = _at;
        while (_at < _text.Length && !char.IsWhiteSpace(_text[_at]) && !"=!,()<>".Contains(_text[_at], StringComparison.Ordinal))
        {
            _at++;
        }

        return _text[start.._at];
    }

    private bool Take(string token)
    {
        if (!_text.AsSpan(_at).StartsWith(token))
        {
            return false;
        }

        _at += token.Length;
        return true;
    }

    private void SkipSpace()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
    }

    private readonly SelectorException Error(string what) =>
        new($"label selector {Quoted.Text(_text)}: {what} at position {_at + 1}");
}
