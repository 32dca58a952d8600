namespace Insula.Bench.Contestants;

/// <summary>A root file system of the host's static busybox, for those that take a directory.</summary>
internal static class Rootfs
{
    /// <summary>Makes it; the directory.</summary>
    public static string Make(string directory)
    {
        foreach (var name in (string[])["bin", "etc", "proc", "sys", "dev", "tmp", ".old"])
        {
            Directory.CreateDirectory(Path.Combine(directory, name));
        }

        foreach (var name in (string[])["sh", "sleep", "true"])
        {
            File.Copy("/bin/busybox", Path.Combine(directory, "bin", name), overwrite: true);
        }

        return directory;
    }
}
