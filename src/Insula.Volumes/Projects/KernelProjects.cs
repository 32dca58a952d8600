using Insula.Linux;
using Insula.Linux.Files;

namespace Insula.Volumes.Projects;

/// <summary>Those of the kernel.</summary>
/// <param name="root">A directory of the file system.</param>
internal sealed class KernelProjects(string root) : IProjectFiles
{
    public uint ProjectOf(Descriptor directory) => ProjectQuota.ProjectOf(directory);

    public void Give(Descriptor directory, uint project) => ProjectQuota.Give(directory, project);

    public void Limit(uint project, long bytes)
    {
        using var directory = Directories.Open(root);
        ProjectQuota.Limit(directory, project, bytes);
    }

    public ProjectUse Read(uint project)
    {
        using var directory = Directories.Open(root);
        return ProjectQuota.Read(directory, project);
    }
}
