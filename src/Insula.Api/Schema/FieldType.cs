namespace Insula.Api.Schema;

/// <summary>The type of a field's value, or of the values of a list or map.</summary>
public enum FieldType
{
    /// <summary>A string.</summary>
    Text,

    /// <summary>An integer of 32 bits.</summary>
    Integer,

    /// <summary>An integer of 64 bits.</summary>
    Long,

    /// <summary>true or false.</summary>
    Boolean,

    /// <summary>A quantity such as 100m or 64Mi; a string or a number.</summary>
    Quantity,

    /// <summary>An integer or a string.</summary>
    IntOrString,

    /// <summary>An RFC 3339 time.</summary>
    Time,

    /// <summary>An object with known fields.</summary>
    Object,

    /// <summary>Any JSON value.</summary>
    Any,
}
