using System.Globalization;
using Insula.Api.Meta;

namespace Insulad.Http.Logs;

/// <summary>Which part of a log is wanted (core/v1 PodLogOptions).</summary>
internal sealed record LogQuery
{
    public string? Container { get; init; }

    public bool Follow { get; init; }

    public bool Previous { get; init; }

    public bool Timestamps { get; init; }

    /// <summary>Only lines written at or after this.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Only lines written before this.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>Only this many of the last lines.</summary>
    public long? TailLines { get; init; }

    /// <summary>End after this many bytes.</summary>
    public long? LimitBytes { get; init; }

    /// <summary>Only <c>stdout</c> or <c>stderr</c>; null for both.</summary>
    public string? Stream { get; init; }

    public static LogQuery Read(ApiRequest request, DateTimeOffset now)
    {
        var seconds = request.Number("sinceSeconds");
        var time = request.Query("sinceTime");
        var tail = request.Number("tailLines");
        var limit = request.Number("limitBytes");
        var stream = request.Query("stream");
        if (seconds is not null && !string.IsNullOrEmpty(time))
        {
            throw Invalid("at most one of `sinceTime` or `sinceSeconds` may be specified");
        }

        if (seconds < 1)
        {
            throw Invalid($"sinceSeconds: Invalid value: {seconds}: must be greater than 0");
        }

        if (tail < 0)
        {
            throw Invalid($"tailLines: Invalid value: {tail}: must be greater than or equal to 0");
        }

        if (limit < 1)
        {
            throw Invalid($"limitBytes: Invalid value: {limit}: must be greater than 0");
        }

        return new LogQuery
        {
            Container = request.Query("container"),
            Follow = request.Flag("follow"),
            Previous = request.Flag("previous"),
            Timestamps = request.Flag("timestamps"),
            Since = seconds is { } s ? now.AddSeconds(-Math.Min(s, now.ToUnixTimeSeconds())) : string.IsNullOrEmpty(time) ? null : Parse(time),
            TailLines = tail,
            LimitBytes = limit,
            Stream = stream switch
            {
                null or "" or "All" => null,
                "Stdout" => "stdout",
                "Stderr" => "stderr",
                _ => throw Invalid($"stream: Unsupported value: \"{stream}\": supported values: \"All\", \"Stderr\", \"Stdout\""),
            },
        };
    }

    private static DateTimeOffset Parse(string time) =>
        DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var parsed)
            ? parsed
            : throw ApiException.BadRequest($"sinceTime: {time} is not a time of RFC 3339 like 2026-01-31T12:00:00Z");

    private static ApiException Invalid(string message) => new(Failures.Of(StatusReasons.Invalid, message));
}
