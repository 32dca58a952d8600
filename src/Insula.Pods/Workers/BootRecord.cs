using System.Text;
using Insula.Linux.Files;

namespace Insula.Pods.Workers;

/// <summary>The id of the boot in which the daemon last ran, in <c>&lt;root&gt;/boot-id</c>.</summary>
internal static class BootRecord
{
    private const string Name = "boot-id";

    /// <summary>Whether the machine rebooted since; false on the very first start.</summary>
    public static bool IsNewBoot(string root, string bootId)
    {
        var path = Path.Combine(root, Name);
        return File.Exists(path) && File.ReadAllText(path).Trim() != bootId;
    }

    public static void Write(string root, string bootId)
    {
        using var directory = Directories.Open(root);
        AtomicFile.Write(directory, Name, Encoding.ASCII.GetBytes(bootId + "\n"));
    }
}
