namespace Insula.Api.Schema;

/// <summary>Whether a field holds one value or many.</summary>
public enum FieldShape
{
    /// <summary>One value.</summary>
    One,

    /// <summary>A list of values.</summary>
    List,

    /// <summary>A map from strings to values.</summary>
    Map,
}
