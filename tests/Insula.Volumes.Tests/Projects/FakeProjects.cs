using System.Globalization;
using System.Text;
using Insula.Linux;
using Insula.Linux.Files;
using Insula.Volumes.Projects;

namespace Insula.Volumes.Tests.Projects;

/// <summary>Projects of directories that are there, as attributes of them; what they take and may take is in memory.</summary>
internal sealed class FakeProjects : IProjectFiles
{
    private const string Attribute = "user.project";

    public Dictionary<uint, long> Limits { get; } = [];

    public HashSet<uint> Foreign { get; } = [];

    public Dictionary<uint, long> Used { get; } = [];

    public uint ProjectOf(Descriptor directory) =>
        Entries.GetAttribute(directory, Attribute) is { } bytes ? uint.Parse(Encoding.ASCII.GetString(bytes), CultureInfo.InvariantCulture) : 0;

    public void Give(Descriptor directory, uint project) => Entries.SetAttribute(directory, Attribute, Encoding.ASCII.GetBytes(project.ToString(CultureInfo.InvariantCulture)));

    public void Limit(uint project, long bytes)
    {
        if (bytes == 0)
        {
            Limits.Remove(project);
        }
        else
        {
            Limits[project] = bytes;
        }
    }

    public ProjectUse Read(uint project) => new(Used.GetValueOrDefault(project), Foreign.Contains(project) ? 1 : 0, Limits.GetValueOrDefault(project), false);
}
