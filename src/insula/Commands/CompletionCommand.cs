using System.CommandLine;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula completion</c>: scripts that let a shell ask this program what may come next.</summary>
internal static class CompletionCommand
{
    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish" };
        var command = new Command(
            "completion", "print a completion script: source <(insula completion bash)") { shell };
        command.SetAction(async (parsed, _) =>
        {
            await Console.Out.WriteAsync(parsed.GetValue(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                "fish" => Fish,
                var other => throw new CommandException($"{other}: no completion for this shell; there is bash, zsh and fish"),
            });
            return 0;
        });
        return command;
    }

    private const string Bash =
        """
        # bash completion for insula
        _insula() {
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$(insula "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _insula insula

        """;

    private const string Zsh =
        """
        #compdef insula
        _insula() {
            local -a words_found
            words_found=("${(@f)$(insula "[suggest:${#BUFFER}]" "${BUFFER}" 2>/dev/null)}")
            compadd -- $words_found
        }
        # Read by fpath it is the function itself, called the first time; sourced it only defines it.
        if [ "$funcstack[1]" = "_insula" ]; then _insula "$@"; else compdef _insula insula; fi

        """;

    private const string Fish =
        """
        # fish completion for insula
        complete -c insula -f -a '(insula "[suggest:"(commandline -C)"]" (commandline -cp) 2>/dev/null)'

        """;
}
