namespace Insula.Api.Validation;

/// <summary>The classes of field errors; Kubernetes' words for them (apimachinery field.ErrorType).</summary>
public enum FieldErrorType
{
    /// <summary>The value is malformed or out of range.</summary>
    Invalid,

    /// <summary>A value is missing.</summary>
    Required,

    /// <summary>A value that must be unique occurs twice.</summary>
    Duplicate,

    /// <summary>The value is none of the allowed ones.</summary>
    NotSupported,

    /// <summary>The field may not be set, or not changed.</summary>
    Forbidden,

    /// <summary>The value refers to something that is not there.</summary>
    NotFound,

    /// <summary>The text is too long.</summary>
    TooLong,

    /// <summary>The list has too many items.</summary>
    TooMany,

    /// <summary>The value has the wrong JSON type.</summary>
    TypeInvalid,

    /// <summary>There is no such field.</summary>
    Unknown,

    /// <summary>Kubernetes has the field, Insula does not honour it.</summary>
    Unsupported,
}
