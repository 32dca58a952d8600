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
    private readonly ImageLimits _limits;
    private IReadOnlyList<User>? _users;
    private IReadOnlyList<Group>? _groups;

    public UserDatabase(MergedTree tree, ImageLimits limits) => (_tree, _limits) = (tree, limits);

    public User? FindUser(string name) => Users().FirstOrDefault(u => u.Name == name);

    public User? FindUser(uint uid) => Users().FirstOrDefault(u => u.Uid == uid);

    public uint? FindGroup(string name) => Groups().Where(g => g.Name == name).Select(g => (uint?)g.Gid).FirstOrDefault();

    /// <summary>Ids of the groups that list a user, sorted.</summary>
    public IReadOnlyList<uint> GroupsOf(string user) =>
        Groups().Where(g => g.Members.Contains(user)).Select(g => g.Gid).Distinct().Order().ToList();

    public void Dispose() => _tree.Dispose();

    private IReadOnlyList<User> Users() => _users ??= Entries("/etc/passwd", 7, ToUser);

    private IReadOnlyList<Group> Groups() => _groups ??= Entries("/etc/group", 4, ToGroup);

    private static User? ToUser(string[] f) =>
        f[0].Length > 0 && NumericId.TryParse(f[2], out var uid) && NumericId.TryParse(f[3], out var gid)
            ? new User(f[0], uid, gid, f[5])
            : null;

    private static Group? ToGroup(string[] f) =>
        f[0].Length > 0 && NumericId.TryParse(f[2], out var gid)
            ? new Group(f[0], gid, f[3].Split(',', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal))
            : null;

    // Too much of anything is refused, never passed over: a group left out could be one that a file denies something to.
    private List<T> Entries<T>(string path, int fields, Func<string[], T?> read)
        where T : class
    {
        var entries = new List<T>();
        ReadOnlySpan<byte> rest = _tree.ReadFile(path, _limits.UserDatabaseBytes);
        for (var number = 1; !rest.IsEmpty; number++)
        {
            var end = rest.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            if (line.Length > _limits.UserDatabaseLineBytes)
            {
                throw TooLarge(path, $"line {number} has {line.Length} bytes, at most {_limits.UserDatabaseLineBytes} are read");
            }

            if (Split(line, fields) is not { } parts || read(parts) is not { } entry)
            {
                continue;
            }

            if (entries.Count == _limits.UserDatabaseEntries)
            {
                throw TooLarge(path, $"more than {_limits.UserDatabaseEntries} entries");
            }

            entries.Add(entry);
        }

        return entries;
    }

    // Latin-1 maps every byte to one character: nothing is lost or replaced in comparing.
    private static string[]? Split(ReadOnlySpan<byte> line, int fields) =>
        line.Count((byte)':') == fields - 1 && line is not [(byte)'#', ..] ? Encoding.Latin1.GetString(line.TrimEnd((byte)'\r')).Split(':') : null;

    private static ImageException TooLarge(string path, string what) =>
        new(ImageError.TooLarge, $"the image's {Printable.Quote(path)} is too large: {what}");

    internal sealed record User(string Name, uint Uid, uint Gid, string Home);

    private sealed record Group(string Name, uint Gid, HashSet<string> Members);
}
