namespace Insula.Api.Core;

/// <summary>Where a container's supplementary groups come from (core/v1 SupplementalGroupsPolicy).</summary>
public static class SupplementalGroupsPolicies
{
    /// <summary>From the manifest and from the image's /etc/group; the default.</summary>
    public const string Merge = "Merge";

    /// <summary>From the manifest alone.</summary>
    public const string Strict = "Strict";
}
