using System.Text;
using System.Text.Json.Nodes;
using Insula.Api.Paths;
using Insula.Api.Selectors;
using Insula.Api.Values;

namespace Insula.Fuzz;

/// <summary>Small languages: the first byte chooses among quantities, selectors and paths, the rest is the text.</summary>
internal static class WordTargets
{
    private static readonly JsonNode _object = JsonNode.Parse("""{"a":[{"b":1,"c":"x"},{"b":2.5,"c":null}],"metadata":{"name":"n","labels":{"l":"v"}}}""")!;

    public static void Words(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }

        var text = Encoding.UTF8.GetString(input.AsSpan(1));
        try
        {
            switch (input[0] % 5)
            {
                case 0 when Quantity.TryParse(text, out var quantity):
                    // Fractions of a byte are rounded away when it is printed, and a binary suffix that does not fit any more, as in Kubernetes: 9.5555Gi is
                    // printed as 10260140000, which by itself is 10260140k. From there on it stays what it is.
                    var printed = Quantity.Parse(quantity.ToString());
                    var canonical = Quantity.Parse(printed.ToString());
                    Targets.Check(canonical == printed, $"{text} is printed as {printed}, and that as the same");
                    Targets.Check(canonical.ToString() == printed.ToString(), $"{text} is printed as {printed}, and that as itself");
                    break;
                case 1:
                    _ = LabelSelector.Parse(text).ToString();
                    break;
                case 2:
                    _ = FieldSelector.Parse(text, "pods").ToString();
                    break;
                case 3:
                    _ = JsonPathTemplate.Parse(text).Execute(_object);
                    break;
                case 4:
                    _ = JsonPathTemplate.ParsePath(text).Execute(_object);
                    break;
                default:
                    break;
            }
        }
        catch (Exception e) when (e is SelectorException or JsonPathException)
        {
        }
    }
}
