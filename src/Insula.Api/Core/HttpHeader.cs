namespace Insula.Api.Core;

/// <summary>A header of a request (core/v1 HTTPHeader).</summary>
public sealed record HttpHeader
{
    /// <summary>The header's name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The header's value.</summary>
    public string Value { get; init => field = value ?? ""; } = "";
}
