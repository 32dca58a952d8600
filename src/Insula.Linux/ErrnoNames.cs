using System.Runtime.InteropServices;

namespace Insula.Linux;

/// <summary>Errno numbers as symbols and sentences, and back.</summary>
public static class ErrnoNames
{
    /// <summary>The symbol (<c>ENOENT</c>), or <c>errno 523</c> for a number without a name.</summary>
    public static string Name(int errno) =>
        errno != 0 && Enum.IsDefined((Errno)errno) ? ((Errno)errno).ToString() : $"errno {errno}";

    /// <summary>The sentence of strerror(3), such as <c>No such file or directory</c>.</summary>
    public static string Describe(int errno) => Marshal.GetPInvokeErrorMessage(errno);

    /// <summary>The number of a symbol such as <c>ENOENT</c>.</summary>
    /// <returns>False when there is no such symbol.</returns>
    public static bool TryParse(string name, out Errno errno)
    {
        // Enum.TryParse would also take numbers and lists.
        errno = Errno.None;
        return name.StartsWith('E') && !name.Contains(',') && Enum.TryParse(name, out errno) && errno != Errno.None;
    }
}
