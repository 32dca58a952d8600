namespace Insula.Api.Core;

/// <summary>Who reports an event (core/v1 EventSource).</summary>
public sealed record EventSource
{
    /// <summary>The component, e.g. insulad.</summary>
    public string? Component { get; init; }

    /// <summary>The machine.</summary>
    public string? Host { get; init; }
}
