using Insula.Api.Manifests;

namespace Insula.Api.Validation;

/// <summary>Collects field errors under a path.</summary>
internal readonly struct ErrorList(List<FieldError> errors, string path)
{
    public string Path { get; } = path;

    public List<FieldError> All => errors;

    public ErrorList Field(string name) => new(errors, Path.Length == 0 ? name : $"{Path}.{name}");

    public ErrorList Index(int index) => new(errors, $"{Path}[{index}]");

    public ErrorList Key(string key) => new(errors, $"{Path}[{FieldPath.Word(key)}]");

    public void Invalid(object? value, string detail) => errors.Add(FieldError.Invalid(Path, value, detail));

    public void Required(string detail = "") => errors.Add(FieldError.Required(Path, detail));

    public void Duplicate(object? value) => errors.Add(FieldError.Duplicate(Path, value));

    public void Forbidden(string detail) => errors.Add(FieldError.Forbidden(Path, detail));

    public void NotFound(object? value) => errors.Add(FieldError.NotFound(Path, value));

    public void Unsupported(string detail) => errors.Add(new(Path, FieldErrorType.Unsupported, detail));

    /// <summary>Required when empty, else invalid when there is a complaint.</summary>
    public void Name(string value, Func<string, string?> check)
    {
        if (value.Length == 0)
        {
            Required();
        }
        else if (check(value) is { } complaint)
        {
            Invalid(value, complaint);
        }
    }

    /// <summary>Invalid with control characters: for what becomes part of a path, a request or a line of somebody's output.</summary>
    public void Plain(string? value)
    {
        if (value?.Any(char.IsControl) == true)
        {
            Invalid(value, "must not contain control characters");
        }
    }

    /// <summary>Invalid with NUL: for what the container's program is given as it is, and NUL would cut off.</summary>
    public void WithoutNul(string? value)
    {
        if (value?.Contains('\0', StringComparison.Ordinal) == true)
        {
            Invalid(value, "must not contain NUL");
        }
    }

    /// <summary>The same for each item of a list.</summary>
    public void WithoutNul(IReadOnlyList<string> values)
    {
        for (var i = 0; i < values.Count; i++)
        {
            Index(i).WithoutNul(values[i]);
        }
    }

    public void Range(long? value, long least, long most)
    {
        if (value is { } number && (number < least || number > most))
        {
            Invalid(number, $"must be between {least} and {most}, inclusive");
        }
    }

    public void NotNegative(long? value)
    {
        if (value < 0)
        {
            Invalid(value, "must be greater than or equal to 0");
        }
    }
}
