namespace Insula.Pods.UserNamespaces;

/// <summary>The files that say which ids of the machine have an owner: passwd(5), group(5), subuid(5), subgid(5).</summary>
/// <param name="Passwd">Text of <c>/etc/passwd</c>.</param>
/// <param name="Group">Text of <c>/etc/group</c>.</param>
/// <param name="SubordinateUsers">Text of <c>/etc/subuid</c>.</param>
/// <param name="SubordinateGroups">Text of <c>/etc/subgid</c>.</param>
internal sealed record HostIdFiles(string Passwd, string Group, string SubordinateUsers, string SubordinateGroups)
{
    /// <summary>Reads them as they are now; one that is missing is empty.</summary>
    public static HostIdFiles Read() => new(Text("/etc/passwd"), Text("/etc/group"), Text("/etc/subuid"), Text("/etc/subgid"));

    private static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (FileNotFoundException)
        {
            return "";
        }
    }
}
