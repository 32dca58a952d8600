using Insula.Images.Layers;
using Insula.Images.Users;
using Insula.Linux;

namespace Insula.Images;

/// <summary>
/// Finds users and groups in an image's own <c>/etc/passwd</c> and <c>/etc/group</c>, across its layers, whiteouts
/// respected and links kept inside; what is there is not trusted to be a file or of a sane size.
/// </summary>
public static class ImageUsers
{
    private const int LongestName = 256;
    private const int LongestHome = 4096;

    /// <summary>
    /// Resolves <c>user[:group]</c>, each a name or a number; empty means uid 0. A word of digits is always a number.
    /// </summary>
    /// <param name="image">The image whose layers are read.</param>
    /// <param name="user">The text, from the image's configuration or an exec request.</param>
    /// <param name="limits">Bounds on what is read; null for the default ones.</param>
    /// <exception cref="ImageException">Not well formed, out of range, or not in the image.</exception>
    public static ImageUser Resolve(Image image, string user, ImageLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(user);
        var colon = user.IndexOf(':', StringComparison.Ordinal);
        var userWord = colon < 0 ? user : user[..colon];
        var groupWord = colon < 0 ? null : user[(colon + 1)..];
        if (groupWord == "")
        {
            throw Bad($"the user {Printable.Quote(user)} ends in ':': write user or user:group");
        }

        Check(userWord, "user");
        Check(groupWord ?? "", "group");
        return Read(image, limits, database =>
        {
            var (uid, known) = FindUser(database, userWord);
            var gid = groupWord is null ? known?.Gid ?? 0 : FindGroup(database, groupWord);
            return Complete(database, uid, gid, known);
        });
    }

    /// <summary>Resolves <c>runAsUser</c> and <c>runAsGroup</c>: the group defaults to the user's own in the image, else 0.</summary>
    /// <param name="image">The image whose layers are read.</param>
    /// <param name="uid">User id.</param>
    /// <param name="gid">Primary group; null for the user's.</param>
    /// <param name="limits">Bounds on what is read; null for the default ones.</param>
    /// <exception cref="ImageException">The image's files cannot be read within the limits.</exception>
    public static ImageUser Resolve(Image image, uint uid, uint? gid, ImageLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        return Read(image, limits, database =>
        {
            var known = database.FindUser(uid);
            return Complete(database, uid, gid ?? known?.Gid ?? 0, known);
        });
    }

    private static T Read<T>(Image image, ImageLimits? limits, Func<UserDatabase, T> read)
    {
        using var database = new UserDatabase(
            new MergedTree(image.LayerDirectories),
            limits ?? ImageLimits.Default);
        try
        {
            return read(database);
        }
        catch (LinuxException e)
        {
            throw new ImageException(ImageError.Storage, $"cannot read the users of image {image.Id}: {e.Message}", e);
        }
    }

    private static (uint Uid, UserDatabase.User? Known) FindUser(UserDatabase database, string word)
    {
        if (word.Length == 0 || NumericId.LooksNumeric(word))
        {
            var uid = word.Length == 0 ? 0 : Number(word, "user");
            return (uid, database.FindUser(uid));
        }

        var known = database.FindUser(word)
            ?? throw Bad($"the image has no user {Printable.Quote(word)} in its /etc/passwd: use a number, or a name the image has");
        return (known.Uid, known);
    }

    private static uint FindGroup(UserDatabase database, string word) =>
        NumericId.LooksNumeric(word)
            ? Number(word, "group")
            : database.FindGroup(word)
                ?? throw Bad($"the image has no group {Printable.Quote(word)} in its /etc/group: use a number, or a name the image has");

    private static uint Number(string word, string what) =>
        NumericId.TryParse(word, out var id)
            ? id
            : throw Bad($"the {what} {Printable.Quote(word)} is no id from 0 to {uint.MaxValue - 1}");

    private static ImageUser Complete(UserDatabase database, uint uid, uint gid, UserDatabase.User? known)
    {
        var groups = known is null ? [] : database.GroupsOf(known.Name).Where(g => g != gid).ToList();
        return new ImageUser(uid, gid, groups, known?.Name, Home(known?.Home));
    }

    // The home becomes HOME of the program, and other runtimes have written it into files: CVE-2022-4318.
    private static string Home(string? home) =>
        home is ['/', ..] && home.Length <= LongestHome && !home.Any(c => char.IsControl(c) || c > 126) ? home : "/";

    private static void Check(string word, string what)
    {
        if (word.Length > LongestName || word.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is ':' or '/' or ',' or > (char)126))
        {
            throw Bad($"the {what} {Printable.Quote(word)} is neither a name nor a number");
        }
    }

    private static ImageException Bad(string message) => new(ImageError.InvalidUser, message);
}
