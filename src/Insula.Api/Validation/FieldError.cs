using Insula.Api.Meta;

namespace Insula.Api.Validation;

/// <summary>Something wrong with one field.</summary>
/// <param name="Path">The field, e.g. <c>spec.containers[0].image</c>; empty for the document as a whole.</param>
/// <param name="Type">The class of error.</param>
/// <param name="Detail">What is wrong and what to do, without the path.</param>
public sealed record FieldError(string Path, FieldErrorType Type, string Detail)
{
    /// <summary>Malformed or out of range.</summary>
    public static FieldError Invalid(string path, object? value, string detail) =>
        new(path, FieldErrorType.Invalid, $"Invalid value: {Quoted.Value(value)}: {detail}");

    /// <summary>Missing.</summary>
    public static FieldError Required(string path, string detail = "") =>
        new(path, FieldErrorType.Required, detail.Length == 0 ? "Required value" : "Required value: " + detail);

    /// <summary>Occurs twice.</summary>
    public static FieldError Duplicate(string path, object? value) =>
        new(path, FieldErrorType.Duplicate, $"Duplicate value: {Quoted.Value(value)}");

    /// <summary>None of the allowed values.</summary>
    public static FieldError NotSupported(string path, object? value, params IEnumerable<string> allowed) =>
        new(path, FieldErrorType.NotSupported, $"Unsupported value: {Quoted.Value(value)}: supported values: {string.Join(", ", allowed.Select(Quoted.Text))}");

    /// <summary>May not be set or changed.</summary>
    public static FieldError Forbidden(string path, string detail) => new(path, FieldErrorType.Forbidden, "Forbidden: " + detail);

    /// <summary>Refers to nothing.</summary>
    public static FieldError NotFound(string path, object? value) =>
        new(path, FieldErrorType.NotFound, $"Not found: {Quoted.Value(value)}");

    /// <summary>Too long a text.</summary>
    public static FieldError TooLong(string path, int bytes) =>
        new(path, FieldErrorType.TooLong, $"Too long: may not be more than {bytes} bytes");

    /// <summary>Too many items.</summary>
    public static FieldError TooMany(string path, int actual, int most) =>
        new(path, FieldErrorType.TooMany, $"Too many: {actual}: must have at most {most} items");

    /// <summary>The error as a cause of a Status, with Kubernetes' reason word.</summary>
    public StatusCause ToCause() => new()
    {
        Field = Path,
        Message = Detail,
        Reason = Type switch
        {
            FieldErrorType.Required => "FieldValueRequired",
            FieldErrorType.Duplicate => "FieldValueDuplicate",
            FieldErrorType.NotSupported => "FieldValueNotSupported",
            FieldErrorType.Forbidden or FieldErrorType.Unsupported => "FieldValueForbidden",
            FieldErrorType.NotFound => "FieldValueNotFound",
            FieldErrorType.TooLong => "FieldValueTooLong",
            FieldErrorType.TooMany => "FieldValueTooMany",
            FieldErrorType.TypeInvalid => "FieldValueTypeInvalid",
            _ => "FieldValueInvalid",
        },
    };

    /// <summary>The path, a colon and the detail.</summary>
    public override string ToString() => Path.Length == 0 ? Detail : $"{Path}: {Detail}";
}
