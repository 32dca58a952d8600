namespace Insula.Linux.Files;

/// <summary>What a project of a file system takes and may take.</summary>
/// <param name="Bytes">Allocated bytes.</param>
/// <param name="Inodes">Files and directories.</param>
/// <param name="Limit">Most bytes; 0 for no limit.</param>
/// <param name="HasOthers">Whether it has limits of another kind, which we set for none.</param>
public readonly record struct ProjectUse(long Bytes, long Inodes, long Limit, bool HasOthers)
{
    /// <summary>Whether somebody has it: files, or limits.</summary>
    public bool IsTaken => Bytes > 0 || Inodes > 0 || Limit > 0 || HasOthers;
}
