using Insula.Api.Meta;
using Insula.Api.Selectors;
using Insula.Images;
using Insula.Store;
using Microsoft.AspNetCore.Http;

namespace Insulad.Http;

/// <summary>Exceptions at the edge, as the Status the client gets.</summary>
internal static class ErrorMapping
{
    /// <summary>The Status; null for what is nobody's fault but the daemon's.</summary>
    public static Status? ToStatus(Exception exception, RequestInfo? info) => exception switch
    {
        ApiException e => e.Status,
        SelectorException e => Failures.BadRequest(e.Message),
        BadHttpRequestException e => Failures.BadRequest(e.Message) with { Code = e.StatusCode },
        ImageException e => Failures.Of(e.Error switch
        {
            ImageError.InUse => StatusReasons.Conflict,
            ImageError.NotFound => StatusReasons.NotFound,
            ImageError.Storage => StatusReasons.InternalError,
            _ => StatusReasons.BadRequest,
        }, e.Message),
        StoreException e => OfStore(e, info),
        _ => null,
    };

    private static Status OfStore(StoreException e, RequestInfo? info)
    {
        var resource = info?.Resource ?? "";
        var name = info?.Name ?? "";
        return e.Error switch
        {
            StoreError.NotFound => Failures.NotFound(resource, name),
            StoreError.AlreadyExists => Failures.AlreadyExists(resource, name),
            StoreError.Conflict => Failures.Conflict(resource, name, e.Message),
            StoreError.Gone => Failures.Expired(e.Message),
            StoreError.FutureVersion => Failures.Of(StatusReasons.Timeout, e.Message) with
            {
                Details = new StatusDetails { Causes = [new StatusCause { Reason = "ResourceVersionTooLarge", Message = "Too large resource version" }], RetryAfterSeconds = 1 },
            },
            StoreError.Disk => Failures.Of(StatusReasons.InternalError, e.Message) with { Code = 507 },
            StoreError.Closed => Failures.Of(StatusReasons.ServiceUnavailable, "the daemon is stopping"),
            _ => Failures.Internal(e.Message),
        };
    }
}
