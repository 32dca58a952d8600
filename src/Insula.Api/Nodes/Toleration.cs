namespace Insula.Api.Nodes;

/// <summary>A taint that a pod tolerates (core/v1 Toleration).</summary>
public sealed record Toleration
{
    /// <summary>Operator: the taint is there.</summary>
    public const string Exists = "Exists";

    /// <summary>Operator: the taint has the value; the default.</summary>
    public const string Equal = "Equal";

    /// <summary>The taint's key; empty for all.</summary>
    public string? Key { get; init; }

    /// <summary>How the value is compared.</summary>
    public string? Operator { get; init; }

    /// <summary>The taint's value.</summary>
    public string? Value { get; init; }

    /// <summary>The taint's effect; empty for all.</summary>
    public string? Effect { get; init; }

    /// <summary>Seconds a NoExecute taint is tolerated; there is none here.</summary>
    public long? TolerationSeconds { get; init; }

    /// <summary>Whether it tolerates a taint that has no value.</summary>
    /// <param name="key">The taint's key.</param>
    /// <param name="effect">Its effect.</param>
    public bool Tolerates(string key, string effect) =>
        (string.IsNullOrEmpty(Effect) || Effect == effect)
        && (Operator == Exists ? string.IsNullOrEmpty(Key) || Key == key : Key == key && (Operator is null or "" or Equal) && string.IsNullOrEmpty(Value));
}
