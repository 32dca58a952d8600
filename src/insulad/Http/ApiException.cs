using Insula.Api.Meta;

namespace Insulad.Http;

/// <summary>A request that is answered with a <c>Status</c> of failure.</summary>
internal sealed class ApiException(Status status, Exception? inner = null) : Exception(status.Message, inner)
{
    public Status Status { get; } = status;

    public static ApiException BadRequest(string message) => new(Failures.BadRequest(message));
}
