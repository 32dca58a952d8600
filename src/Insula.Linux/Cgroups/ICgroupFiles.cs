namespace Insula.Linux.Cgroups;

/// <summary>The seam to the control files, so that the order of writes can be tested without a kernel.</summary>
internal interface ICgroupFiles
{
    /// <summary>Creates a group.</summary>
    /// <returns>False when it was there already.</returns>
    bool MakeDirectory(string path);

    /// <summary>Removes an empty group.</summary>
    /// <returns>None, ENOENT, or why it could not be removed.</returns>
    Errno RemoveDirectory(string path);

    /// <summary>Writes to a control file.</summary>
    /// <returns>None, or why it failed.</returns>
    Errno Write(string path, string value);

    /// <summary>Reads a control file; null when it, or its group, is not there.</summary>
    string? Read(string path);

    /// <summary>Names of the groups directly below; empty when the group is not there.</summary>
    IReadOnlyList<string> Children(string path);

    /// <summary>Whether the group is there.</summary>
    bool Exists(string path);
}
