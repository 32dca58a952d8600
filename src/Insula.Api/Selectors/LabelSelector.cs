using System.Text.Json.Nodes;
using Insula.Api.Meta;
using Insula.Api.Validation;

namespace Insula.Api.Selectors;

/// <summary>
/// A label selector, in the text form of kubectl (<c>app=web,tier in (a,b),!old,n&gt;3</c>) or as an object with
/// matchLabels and matchExpressions (apimachinery labels).
/// </summary>
public sealed class LabelSelector
{
    private readonly IReadOnlyList<Requirement> _requirements;

    private LabelSelector(IReadOnlyList<Requirement> requirements) => _requirements = requirements;

    /// <summary>Matches everything.</summary>
    public static LabelSelector Everything { get; } = new([]);

    /// <summary>Whether the selector matches everything.</summary>
    public bool IsEverything => _requirements.Count == 0;

    /// <summary>Reads the text form; null and empty match everything.</summary>
    /// <exception cref="SelectorException">Malformed; the message says where.</exception>
    public static LabelSelector Parse(string? text) =>
        string.IsNullOrWhiteSpace(text) ? Everything : new(LabelSelectorParser.Parse(text));

    /// <summary>A selector from matchLabels and matchExpressions.</summary>
    /// <exception cref="SelectorException">An unknown operator, or values that do not fit it.</exception>
    public static LabelSelector From(
        IReadOnlyDictionary<string, string> matchLabels, IReadOnlyList<LabelSelectorRequirement> matchExpressions)
    {
        var requirements = matchLabels.Select(l => new Requirement(l.Key, LabelOperator.In, [l.Value])).ToList();
        foreach (var expression in matchExpressions)
        {
            var operation = expression.Operator switch
            {
                "In" => LabelOperator.In,
                "NotIn" => LabelOperator.NotIn,
                "Exists" => LabelOperator.Exists,
                "DoesNotExist" => LabelOperator.DoesNotExist,
                _ => throw new SelectorException($"{Quoted.Text(expression.Operator)} is not a valid label selector operator; use In, NotIn, Exists or DoesNotExist"),
            };
            var wantsValues = operation is LabelOperator.In or LabelOperator.NotIn;
            if (wantsValues != expression.Values.Count > 0)
            {
                throw new SelectorException(wantsValues
                    ? $"operator {expression.Operator} of key {Quoted.Text(expression.Key)} needs at least one value"
                    : $"operator {expression.Operator} of key {Quoted.Text(expression.Key)} takes no values");
            }

            requirements.Add(new(expression.Key, operation, [.. expression.Values]));
        }

        return new(requirements);
    }

    /// <summary>Whether a set of labels matches.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels) =>
        _requirements.All(r => r.Matches(labels.TryGetValue(r.Key, out var value), value));

    /// <summary>Whether the labels of a document (metadata.labels) match.</summary>
    public bool Matches(JsonObject document)
    {
        var labels = (document["metadata"] as JsonObject)?["labels"] as JsonObject;
        return _requirements.All(r =>
        {
            string? value = null;
            var has = labels?[r.Key] is JsonValue node && node.TryGetValue(out value);
            return r.Matches(has, value);
        });
    }

    /// <summary>The canonical text, sorted by key.</summary>
    public override string ToString() =>
        string.Join(',', _requirements.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => r.ToString()));
}
