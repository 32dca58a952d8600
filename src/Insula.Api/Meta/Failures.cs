using Insula.Api.Validation;

namespace Insula.Api.Meta;

/// <summary>Status objects for failed requests, with the texts that Kubernetes has (apimachinery api/errors).</summary>
public static class Failures
{
    /// <summary>404: there is no such object.</summary>
    public static Status NotFound(string resource, string name) =>
        Of(StatusReasons.NotFound, $"{resource} {Quoted.Text(name)} not found", resource, name);

    /// <summary>404: there is no such path or resource.</summary>
    public static Status NoSuchResource() =>
        Of(StatusReasons.NotFound, "the server could not find the requested resource", null, null);

    /// <summary>409: an object of that name is there already.</summary>
    public static Status AlreadyExists(string resource, string name) =>
        Of(StatusReasons.AlreadyExists, $"{resource} {Quoted.Text(name)} already exists", resource, name);

    /// <summary>409: the object is not the one, or not in the version, that the request was made for.</summary>
    public static Status Conflict(string resource, string name, string why) =>
        Of(StatusReasons.Conflict, $"Operation cannot be fulfilled on {resource} {Quoted.Text(name)}: {why}", resource, name);

    /// <summary>410: the resource version is too old.</summary>
    public static Status Expired(string message) => Of(StatusReasons.Expired, message, null, null);

    /// <summary>400: the request makes no sense.</summary>
    public static Status BadRequest(string message) => Of(StatusReasons.BadRequest, message, null, null);

    /// <summary>403: the request is not allowed.</summary>
    public static Status Forbidden(string resource, string name, string why) =>
        Of(StatusReasons.Forbidden, $"{resource} {Quoted.Text(name)} is forbidden: {why}", resource, name);

    /// <summary>422: fields are wrong; one cause each.</summary>
    public static Status Invalid(string kind, string name, IReadOnlyList<FieldError> errors)
    {
        var joined = errors.Count == 1 ? errors[0].ToString() : "[" + string.Join(", ", errors) + "]";
        var status = Of(StatusReasons.Invalid, $"{kind} {Quoted.Text(name)} is invalid: {joined}", kind, name);
        return status with { Details = status.Details! with { Causes = [.. errors.Select(e => e.ToCause())] } };
    }

    /// <summary>500: something went wrong that should not.</summary>
    public static Status Internal(string message) => Of(StatusReasons.InternalError, "Internal error occurred: " + message, null, null);

    /// <summary>Any failure with its reason's code.</summary>
    public static Status Of(string reason, string message, string? kind = null, string? name = null) => new()
    {
        Outcome = "Failure",
        Reason = reason,
        Message = message,
        Code = StatusReasons.Code(reason),
        Details = kind is null && name is null ? null : new() { Kind = kind, Name = name },
    };
}
