namespace Insula.Api.Schema;

/// <summary>What Insula does with a field.</summary>
public enum FieldSupport
{
    /// <summary>It is honoured.</summary>
    Supported,

    /// <summary>It is accepted with a warning: it means nothing on one machine.</summary>
    Meaningless,

    /// <summary>It is refused with the reason.</summary>
    Refused,
}
