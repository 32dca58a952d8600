using Insula.Linux.Files;
using Insula.Linux.LibC;
using Insula.Linux.Mounts;
using Insula.Linux.Processes;

namespace Insula.Linux.Kernel;

/// <summary>Sets sysctls of a network namespace, through a procfs of our own: what is mounted over the machine's <c>/proc</c> is not met.</summary>
public static class NetworkSysctls
{
    /// <summary>Writes them one by one.</summary>
    /// <param name="networkNamespace">The namespace.</param>
    /// <param name="settings">Paths below <c>/proc/sys</c> (<c>net/ipv4/tcp_rmem</c>) and values; each in one write.</param>
    /// <exception cref="LinuxException">The kernel has no such sysctl in this namespace, or refuses the value; the message names it.</exception>
    public static async Task WriteAsync(Descriptor networkNamespace, IReadOnlyCollection<KeyValuePair<string, string>> settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        if (settings.Count == 0)
        {
            return;
        }

        using var thread = new NamespaceThread();
        await thread.RunAsync(networkNamespace, () => Write(settings)).ConfigureAwait(false);
    }

    private static bool Write(IReadOnlyCollection<KeyValuePair<string, string>> settings)
    {
        using var proc = DetachedMount.CreateOfKernel("proc");
        foreach (var (path, value) in settings)
        {
            try
            {
                using var file = Directories.OpenBeneath(proc, "sys/" + path, fcntl.O_WRONLY, extraResolve: fcntl.RESOLVE_NO_XDEV | fcntl.RESOLVE_NO_SYMLINKS);
                file.WriteAll(value, path);
            }
            catch (LinuxException e)
            {
                throw new LinuxException("sysctl", $"{path} = {value}", e.Errno);
            }
        }

        return true;
    }
}
