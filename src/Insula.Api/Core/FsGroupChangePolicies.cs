namespace Insula.Api.Core;

/// <summary>When the group of a volume's content is changed (core/v1 PodFSGroupChangePolicy).</summary>
public static class FsGroupChangePolicies
{
    /// <summary>When the volume's root directory does not have the group and mode already.</summary>
    public const string OnRootMismatch = "OnRootMismatch";

    /// <summary>Each time the volume is made ready for a sandbox.</summary>
    public const string Always = "Always";
}
