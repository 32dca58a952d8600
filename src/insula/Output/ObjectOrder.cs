using System.Text.Json;
using System.Text.Json.Nodes;
using Insula.Api.Paths;
using Insula.Api.Values;
using Insula.Cli.Client;

namespace Insula.Cli.Output;

/// <summary>The order of <c>--sort-by</c>: by the first value of a path; numbers and quantities by what they are worth, texts with the numbers in them; who has none comes first.</summary>
internal sealed class ObjectOrder : IComparer<JsonNode?>
{
    private readonly string _path;
    private readonly JsonPathTemplate _template;

    /// <param name="path">As <c>.metadata.name</c>, with braces or without.</param>
    /// <exception cref="CommandException">It is no path.</exception>
    public ObjectOrder(string path)
    {
        _path = path;
        _template = JsonPaths.Path(path, "--sort-by");
    }

    /// <summary>The items in order, equal ones as they came.</summary>
    /// <param name="items">What is to be ordered.</param>
    /// <param name="document">Its object.</param>
    /// <exception cref="CommandException">None of them has the field.</exception>
    public IReadOnlyList<T> Sort<T>(IEnumerable<T> items, Func<T, JsonNode?> document)
    {
        var keyed = items.Select(i => (Item: i, Key: JsonPaths.Find(_template, document(i)).FirstOrDefault(v => v is not null))).ToList();
        return keyed.Count > 0 && keyed.All(k => k.Key is null)
            ? throw new CommandException($"--sort-by {_path}: none of the objects has this field")
            : [.. keyed.OrderBy(k => k.Key, this).Select(k => k.Item)];
    }

    /// <inheritdoc/>
    public int Compare(JsonNode? x, JsonNode? y)
    {
        if (x is null || y is null)
        {
            return (x is null ? 0 : 1) - (y is null ? 0 : 1);
        }

        var (one, other) = (JsonPathTemplate.Print(x), JsonPathTemplate.Print(y));
        if (x.GetValueKind() == JsonValueKind.Number && y.GetValueKind() == JsonValueKind.Number)
        {
            return x.GetValue<double>().CompareTo(y.GetValue<double>());
        }

        return Quantity.TryParse(one, out var amount) && Quantity.TryParse(other, out var second)
            ? amount.CompareTo(second)
            : Natural(one, other);
    }

    // "web-9" before "web-10": runs of digits by their value, which the longer run without its zeros has more of.
    private static int Natural(string one, string other)
    {
        var (i, j) = (0, 0);
        while (i < one.Length && j < other.Length)
        {
            if (!char.IsAsciiDigit(one[i]) || !char.IsAsciiDigit(other[j]))
            {
                if (one[i] != other[j])
                {
                    return one[i].CompareTo(other[j]);
                }

                (i, j) = (i + 1, j + 1);
                continue;
            }

            var first = Digits(one, ref i);
            var second = Digits(other, ref j);
            var order = first.Length != second.Length ? first.Length - second.Length : first.CompareTo(second, StringComparison.Ordinal);
            if (order != 0)
            {
                return order;
            }
        }

        var left = (one.Length - i) - (other.Length - j);
        return left != 0 ? left : string.CompareOrdinal(one, other);
    }

    private static ReadOnlySpan<char> Digits(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            at++;
        }

        return text.AsSpan(start, at - start).TrimStart('0');
    }
}
