namespace Insula.Api.Storage;

/// <summary>When a claim of a class gets its volume.</summary>
public static class BindingModes
{
    /// <summary>At once.</summary>
    public const string Immediate = "Immediate";

    /// <summary>When a pod wants it.</summary>
    public const string WaitForFirstConsumer = "WaitForFirstConsumer";
}
