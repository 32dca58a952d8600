using System.CommandLine;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula attach</c>: at the streams of a container's own program.</summary>
internal static class AttachCommand
{
    public static Command Create()
    {
        var pod = new Argument<string>("pod") { Description = "POD, pod/POD, or KIND/NAME of a workload or Service" }.TakesPod();
        var container = Common.Container("the container (default: the first)");
        var stdin = new Option<bool>("--stdin", "-i") { Description = "pass standard input on, to a container with stdin: true" };
        var tty = new Option<bool>("--tty", "-t") { Description = "use the container's terminal, of one with tty: true" };
        var logs = new Option<bool>("--logs") { Description = "first what it has written until now" };
        var command = new Command(
            "attach",
            """
            see what a container writes, and with -i write what it reads

              insula attach web                      what it writes from now on
              insula attach -it shell                at its terminal

            The exit code is the container's. Leaving does not end it: ^C leaves unless it goes to the container's terminal (-it),
            the end of the input (-i) leaves unless it is passed on (stdinOnce), and closing the terminal leaves in any case.
            """)
        {
            pod, container, stdin, tty, logs,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var wantsTerminal = parsed.GetValue(tty) && RawTerminal.IsThere();
            using var client = parsed.Client();
            var name = await PodName.FindAsync(client, parsed.NamespaceName(), parsed.GetValue(pod)!, ct);
            var path = PodName.Path(parsed.NamespaceName(), name);
            var chosen = await DefaultContainer.ChooseAsync(client, path, parsed.GetValue(container), Console.Error, ct);
            return await Session(client, path, chosen, parsed.GetValue(stdin), wantsTerminal, parsed.GetValue(logs)).RunAsync(ct);
        });
        return command;
    }

    /// <summary>A session at a container's streams.</summary>
    /// <param name="client">The daemon.</param>
    /// <param name="podPath">The pod.</param>
    /// <param name="container">The container; null for the only one.</param>
    /// <param name="stdin">Whether input is passed on.</param>
    /// <param name="tty">Whether it is about its terminal.</param>
    /// <param name="logs">Whether what it wrote before comes first; then it may have ended already.</param>
    public static StreamSession Session(ApiClient client, string podPath, string? container, bool stdin, bool tty, bool logs) =>
        new(client, $"{podPath}/attach?logs={(logs ? "true" : "false")}{DefaultContainer.Query(container)}", "attach", stdin, tty);
}
