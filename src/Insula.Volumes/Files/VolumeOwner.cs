namespace Insula.Volumes.Files;

/// <summary>Who the files of a volume belong to.</summary>
/// <param name="First">What root and the group of root are outside the pod's user namespace; 0 without one.</param>
/// <param name="Group">The pod's group (<c>fsGroup</c>), as the pod sees it, which may then read; null for none.</param>
public sealed record VolumeOwner(uint First, uint? Group)
{
    private const uint GroupMayRead = 0b000_100_000;
    private const uint GroupMayEnter = 0b000_001_000;
    private const uint SetGroupId = 0b10_000_000_000;

    internal uint GroupOutside => First + (Group ?? 0);

    internal uint FileMode(uint mode) => Group is null ? mode : mode | GroupMayRead;

    internal uint DirectoryMode(uint mode) => Group is null ? mode : mode | GroupMayRead | GroupMayEnter | SetGroupId;
}
