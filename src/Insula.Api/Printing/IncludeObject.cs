namespace Insula.Api.Printing;

/// <summary>How much of each object a Table's row carries (meta/v1 IncludeObjectPolicy).</summary>
public enum IncludeObject
{
    /// <summary>Its metadata; the default.</summary>
    Metadata,

    /// <summary>Nothing.</summary>
    None,

    /// <summary>All of it.</summary>
    Object,
}
