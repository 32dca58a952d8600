using System.Globalization;

namespace Insula.Volumes.Projects;

/// <summary>The projects that an administrator has named in <c>projects</c> (NUMBER:DIRECTORY) and <c>projid</c> (NAME:NUMBER), see projects(5) and projid(5).</summary>
internal static class ProjectNames
{
    /// <summary>Their numbers; lines that say none are an administrator's to mend.</summary>
    /// <param name="directory">Where the two files are.</param>
    public static IReadOnlySet<uint> Read(string directory) => Numbers(Path.Combine(directory, "projects"), 0).Concat(Numbers(Path.Combine(directory, "projid"), 1)).ToHashSet();

    private static IEnumerable<uint> Numbers(string file, int field)
    {
        foreach (var line in File.Exists(file) ? File.ReadLines(file) : [])
        {
            if (line.Split(':') is var fields && field < fields.Length && uint.TryParse(fields[field].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                yield return number;
            }
        }
    }
}
