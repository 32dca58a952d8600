using Insula.Linux;
using Insula.Linux.Files;

namespace Insula.Volumes.Projects;

/// <summary>Projects of the daemon's file system, and their limits.</summary>
internal interface IProjectFiles
{
    /// <summary>The project of a directory; 0 for none.</summary>
    uint ProjectOf(Descriptor directory);

    /// <summary>Gives an empty directory to a project.</summary>
    void Give(Descriptor directory, uint project);

    /// <summary>Limits a project; 0 for no limit.</summary>
    void Limit(uint project, long bytes);

    /// <summary>What a project takes and may take.</summary>
    ProjectUse Read(uint project);
}
