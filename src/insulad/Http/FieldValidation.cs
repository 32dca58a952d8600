namespace Insulad.Http;

/// <summary>What becomes of a field that is not known or not honoured (KEP-2885).</summary>
internal enum FieldValidation
{
    /// <summary>The request is refused: the default here.</summary>
    Strict,

    /// <summary>Unknown fields are dropped with a warning.</summary>
    Warn,

    /// <summary>Unknown fields are dropped.</summary>
    Ignore,
}
