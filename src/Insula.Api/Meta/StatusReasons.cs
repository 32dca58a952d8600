namespace Insula.Api.Meta;

/// <summary>Values of Status.Reason with the HTTP code each goes with (meta/v1 StatusReason).</summary>
public static class StatusReasons
{
    /// <summary>400.</summary>
    public const string BadRequest = "BadRequest";

    /// <summary>401.</summary>
    public const string Unauthorized = "Unauthorized";

    /// <summary>403.</summary>
    public const string Forbidden = "Forbidden";

    /// <summary>404.</summary>
    public const string NotFound = "NotFound";

    /// <summary>405.</summary>
    public const string MethodNotAllowed = "MethodNotAllowed";

    /// <summary>406.</summary>
    public const string NotAcceptable = "NotAcceptable";

    /// <summary>409.</summary>
    public const string AlreadyExists = "AlreadyExists";

    /// <summary>409.</summary>
    public const string Conflict = "Conflict";

    /// <summary>410.</summary>
    public const string Gone = "Gone";

    /// <summary>410.</summary>
    public const string Expired = "Expired";

    /// <summary>413.</summary>
    public const string RequestEntityTooLarge = "RequestEntityTooLarge";

    /// <summary>415.</summary>
    public const string UnsupportedMediaType = "UnsupportedMediaType";

    /// <summary>422.</summary>
    public const string Invalid = "Invalid";

    /// <summary>429.</summary>
    public const string TooManyRequests = "TooManyRequests";

    /// <summary>500.</summary>
    public const string InternalError = "InternalError";

    /// <summary>503.</summary>
    public const string ServiceUnavailable = "ServiceUnavailable";

    /// <summary>504.</summary>
    public const string Timeout = "Timeout";

    /// <summary>500.</summary>
    public const string ServerTimeout = "ServerTimeout";

    /// <summary>The HTTP code of a reason; 500 for an unknown one.</summary>
    public static int Code(string? reason) => reason switch
    {
        BadRequest => 400,
        Unauthorized => 401,
        Forbidden => 403,
        NotFound => 404,
        MethodNotAllowed => 405,
        NotAcceptable => 406,
        AlreadyExists => 409,
        Conflict => 409,
        Gone => 410,
        Expired => 410,
        RequestEntityTooLarge => 413,
        UnsupportedMediaType => 415,
        Invalid => 422,
        TooManyRequests => 429,
        ServiceUnavailable => 503,
        Timeout => 504,
        _ => 500,
    };
}
