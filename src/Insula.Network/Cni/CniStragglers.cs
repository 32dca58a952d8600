using System.Globalization;
using System.Text;
using Insula.Linux;
using Insula.Linux.LibC;
using Insula.Linux.Processes;

namespace Insula.Network.Cni;

/// <summary>Processes of plug-ins whose caller has gone, known by their environment: an ADD that still runs must not undo the DEL after it.</summary>
internal static class CniStragglers
{
    private const int Rounds = 50;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Ends all processes that have a variable in their environment, and waits until they are gone.</summary>
    /// <param name="variable">As <c>NAME=value</c>.</param>
    /// <returns>False when some are still there.</returns>
    public static bool Kill(string variable)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(variable);
        for (int round = 0; round < Rounds; round++)
        {
            int[] found = [.. Find(wanted)];
            if (found.Length == 0)
            {
                return true;
            }

            foreach (int pid in found)
            {
                // Held, and looked at again: the number may have become another's.
                using PidFd? process = PidFd.TryOpen(pid);
                if (process is not null && Has(pid, wanted))
                {
                    process.Signal(signal.SIGKILL);
                }
            }

            Thread.Sleep(s_pause);
        }

        return false;
    }

    private static IEnumerable<int> Find(byte[] wanted) => Directory.EnumerateDirectories("/proc")
        .Select(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) ? pid : 0)
        .Where(pid => pid > 0 && pid != Environment.ProcessId && Has(pid, wanted));

    private static bool Has(int pid, byte[] wanted)
    {
        try
        {
            ReadOnlySpan<byte> environment = File.ReadAllBytes($"/proc/{pid}/environ");
            while (!environment.IsEmpty)
            {
                int end = environment.IndexOf((byte)0);
                ReadOnlySpan<byte> variable = end < 0 ? environment : environment[..end];
                if (variable.SequenceEqual(wanted))
                {
                    return true;
                }

                environment = end < 0 ? [] : environment[(end + 1)..];
            }

            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is a kernel's thread.
            return false;
        }
    }
}
