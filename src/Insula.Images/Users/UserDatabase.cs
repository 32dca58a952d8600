using System.Text;
using Insula.Images.Layers;

namespace Insula.Images.Users;

/// <summary>
/// An image's <c>/etc/passwd</c> and <c>/etc/group</c>, read as bytes without any of the host's or the image's
/// libraries. A line that is not well formed counts as absent: no field of it becomes zero.
/// </summary>
internal sealed class UserDatabase : IDisposable
{
    private readonly MergedTree _tree;
    private readonly int _limit;
    private IReadOnlyList<User>? _users;
    private IReadOnlyList<Group>? _groups;

    public UserDatabase(MergedTree tree, int limit) => (_tree, _limit) = (tree, limit);

    public User? FindUser(string name) => Users().FirstOrDefault(u => u.Name == name);

    public User? FindUser(uint uid) => Users().FirstOrDefault(u => u.Uid == uid);

    public uint? FindGroup(string name) => Groups().Where(g => g.Name == name).Select(g => (uint?)g.Gid).FirstOrDefault();

    /// <summary>Ids of the groups that list a user, sorted.</summary>
    public IReadOnlyList<uint> GroupsOf(string user) =>
        Groups().Where(g => g.Members.Contains(user)).Select(g => g.Gid).Distinct().Order().ToList();

    public void Dispose() => _tree.Dispose();

    private IReadOnlyList<User> Users() => _users ??= Lines("/etc/passwd", 7).Select(ToUser).OfType<User>().ToList();

    private IReadOnlyList<Group> Groups() => _groups ??= Lines("/etc/group", 4).Select(ToGroup).OfType<Group>().ToList();

    private static User? ToUser(string[] f) =>
        f[0].Length > 0 && NumericId.TryParse(f[2], out var uid) && NumericId.TryParse(f[3], out var gid)
            ? new User(f[0], uid, gid, f[5])
            : null;

    private static Group? ToGroup(string[] f) =>
        f[0].Length > 0 && NumericId.TryParse(f[2], out var gid)
            ? new Group(f[0], gid, f[3].Split(',', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal))
            : null;

    private IEnumerable<string[]> Lines(string path, int fields)
    {
        // Latin-1 maps every byte to one character: nothing is lost or replaced in comparing.
        var text = _tree.ReadFile(path, _limit) is { } bytes ? Encoding.Latin1.GetString(bytes) : "";
        foreach (var line in text.Split('\n'))
        {
            var parts = line.TrimEnd('\r').Split(':');
            if (parts.Length == fields && parts[0] is not ['#', ..])
            {
                yield return parts;
            }
        }
    }

    internal sealed record User(string Name, uint Uid, uint Gid, string Home);

    private sealed record Group(string Name, uint Gid, HashSet<string> Members);
}
