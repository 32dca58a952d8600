using System.Diagnostics;

namespace Insula.Cli.Client;

/// <summary>
/// The program at our end of a copy: the one that runs in containers, too. What comes from a container is hostile, so it is read by
/// what is made for that: no name leads out of the place it is for, no link is followed, and none that leads out is made.
/// </summary>
internal static class CopyProgram
{
    private const string Name = "insula-copy";

    /// <summary>Writes a tree's records to its output.</summary>
    public static Process Send(string path) => Start("send", path);

    /// <summary>Makes a tree of the records at its input.</summary>
    /// <param name="path">Where.</param>
    /// <param name="name">Its name there, if that is a directory.</param>
    public static Process Receive(string path, string name) => Start("receive-contained", path, name);

    private static Process Start(params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, Name);
        if (!File.Exists(program))
        {
            throw new CommandException($"{Name} is not at {program}: it comes with insula, and belongs beside it");
        }

        return Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        }) ?? throw new CommandException($"{program} did not start");
    }
}
