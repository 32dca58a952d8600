namespace Insula.Api.Manifests;

/// <summary>A field that is accepted but has no effect.</summary>
/// <param name="Path">The field.</param>
/// <param name="Message">Why it has none.</param>
public sealed record FieldWarning(string Path, string Message)
{
    /// <summary>Path and message.</summary>
    public override string ToString() => $"{Path}: {Message}";
}
