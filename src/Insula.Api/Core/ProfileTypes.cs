namespace Insula.Api.Core;

/// <summary>Where the profile of a security module comes from (core/v1 SeccompProfileType, AppArmorProfileType).</summary>
public static class ProfileTypes
{
    /// <summary>The runtime's own.</summary>
    public const string RuntimeDefault = "RuntimeDefault";

    /// <summary>None.</summary>
    public const string Unconfined = "Unconfined";

    /// <summary>One of the machine's, by name.</summary>
    public const string Localhost = "Localhost";
}
