namespace Insula.Api.Core;

/// <summary>Whether mounts below a read-only mount are read-only too (core/v1 RecursiveReadOnlyMode).</summary>
public static class RecursiveReadOnlyModes
{
    /// <summary>They are as they are; the default.</summary>
    public const string Disabled = "Disabled";

    /// <summary>They are made read-only where the kernel can.</summary>
    public const string IfPossible = "IfPossible";

    /// <summary>They are made read-only.</summary>
    public const string Enabled = "Enabled";
}
