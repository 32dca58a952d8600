using System.CommandLine;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula exec</c>: a command inside a running container; its exit code is ours.</summary>
internal static class ExecCommand
{
    public static Command Create()
    {
        var pod = new Argument<string>("pod") { Description = "POD, pod/POD, or KIND/NAME of a workload or Service" }.TakesPod();
        var words = new Argument<string[]>("command")
        {
            Description = "the command and its arguments, after --",
            Arity = ArgumentArity.OneOrMore,
        };
        var container = Common.Container("the container (default: the first)");
        var stdin = new Option<bool>("--stdin", "-i") { Description = "pass standard input on" };
        var tty = new Option<bool>("--tty", "-t") { Description = "give the command a terminal" };
        var command = new Command("exec", "run a command in a container: insula exec -it POD -- sh")
        {
            pod, words, container, stdin, tty,
        };
        command.SetAction(async (parsed, ct) =>
        {
            var wantsTerminal = parsed.GetValue(tty);
            if (wantsTerminal && Console.IsInputRedirected)
            {
                await Console.Error.WriteLineAsync("Unable to use a TTY - input is not a terminal or the right kind of file");
                wantsTerminal = false;
            }

            using var client = parsed.Client();
            var name = await PodName.FindAsync(client, parsed.NamespaceName(), parsed.GetValue(pod)!, ct);
            var path = PodName.Path(parsed.NamespaceName(), name);
            var chosen = await DefaultContainer.ChooseAsync(client, path, parsed.GetValue(container), Console.Error, ct);
            using var session = new ExecSession(
                client, path, chosen, parsed.GetValue(words)!, parsed.GetValue(stdin), wantsTerminal);
            return await session.RunAsync(ct);
        });
        return command;
    }
}
