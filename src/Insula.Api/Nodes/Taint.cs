namespace Insula.Api.Nodes;

/// <summary>What keeps pods from a machine that do not tolerate it (core/v1 Taint).</summary>
public sealed record Taint
{
    /// <summary>Its name.</summary>
    public string Key { get; init => field = value ?? ""; } = "";

    /// <summary>Its value.</summary>
    public string? Value { get; init; }

    /// <summary>What it does.</summary>
    public string Effect { get; init => field = value ?? ""; } = "";

    /// <summary>Key, value and effect as kubectl writes them.</summary>
    public override string ToString() => string.IsNullOrEmpty(Value) ? $"{Key}:{Effect}" : $"{Key}={Value}:{Effect}";
}
