namespace Insula.Images.Tar;

/// <summary>One entry of a tar, extension headers already applied. Numbers are checked, names are not.</summary>
internal sealed record TarEntry
{
    public required TarEntryType Type { get; init; }

    public required string Name { get; init; }

    public string LinkName { get; init; } = "";

    /// <summary>Permission bits with set-user-id, set-group-id and sticky: at most 07777.</summary>
    public uint Mode { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    /// <summary>Bytes of content that follow; 0 for all but files.</summary>
    public long Size { get; init; }

    public long ModifiedSeconds { get; init; }

    public int ModifiedNanoseconds { get; init; }

    public uint DeviceMajor { get; init; }

    public uint DeviceMinor { get; init; }

    /// <summary>Extended attributes (<c>SCHILY.xattr.</c> records), by their names.</summary>
    public IReadOnlyDictionary<string, byte[]> Attributes { get; init; } = NoAttributes;

    /// <summary>Where the content starts in the tar.</summary>
    public long ContentOffset { get; init; }

    public static IReadOnlyDictionary<string, byte[]> NoAttributes { get; } = new Dictionary<string, byte[]>();
}
