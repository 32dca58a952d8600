namespace Insula.Api.Core;

/// <summary>A pause (core/v1 SleepAction).</summary>
public sealed record SleepAction
{
    /// <summary>Its length in seconds.</summary>
    public long Seconds { get; init; }
}
