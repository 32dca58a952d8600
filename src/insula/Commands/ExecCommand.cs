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
            var wantsTerminal = parsed.GetValue(tty) && RawTerminal.IsThere();
            using var client = parsed.Client();
            var name = await PodName.FindAsync(client, parsed.NamespaceName(), parsed.GetValue(pod)!, ct);
            var path = PodName.Path(parsed.NamespaceName(), name);
            var chosen = await DefaultContainer.ChooseAsync(client, path, parsed.GetValue(container), Console.Error, ct);
            var query = string.Join('&', parsed.GetValue(words)!.Select(word => $"command={Uri.EscapeDataString(word)}"));
            return await new StreamSession(
                client, $"{path}/exec?{query}{DefaultContainer.Query(chosen)}", "exec", parsed.GetValue(stdin), wantsTerminal).RunAsync(ct);
        });
        return command;
    }
}
