using Insula.Linux.Processes;

namespace Insulad.Hosting;

/// <summary>
/// The doors that the .NET runtime opens in /tmp at each start, by which any process of the same user debugs it, reads its
/// memory, or makes it load a library. For a daemon of root that is root for every pod that mounts /tmp.
/// </summary>
internal static class DiagnosticPort
{
    /// <summary>
    /// Removes their names; nobody can connect any more. Whoever wants to debug the daemon starts it with
    /// DOTNET_EnableDiagnostics=1.
    /// </summary>
    public static void Close()
    {
        if (Environment.GetEnvironmentVariable("DOTNET_EnableDiagnostics") is not null)
        {
            return;
        }

        // The runtime tells processes of one number apart by when they were started, as /proc/PID/stat has it.
        var started = ProcessStat.Read(Environment.ProcessId)?.StartTime;
        var own = $"{Environment.ProcessId}-{started}-";
        string[] doors = [$"dotnet-diagnostic-{own}socket", $"clr-debug-pipe-{own}in", $"clr-debug-pipe-{own}out"];
        foreach (var door in doors)
        {
            File.Delete(Path.Combine(Path.GetTempPath(), door));
        }
    }
}
