namespace Insula.Api.Values;

/// <summary>The empty maps that records start with.</summary>
internal static class Empty
{
    public static readonly IReadOnlyDictionary<string, string> Map = new Dictionary<string, string>();

    public static readonly IReadOnlyDictionary<string, Quantity> Quantities = new Dictionary<string, Quantity>();
}
