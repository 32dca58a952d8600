using System.CommandLine;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula rmi</c>: an image is removed, unless a pod uses it.</summary>
internal static class RemoveImageCommand
{
    public static Command Create() => Create("rmi");

    /// <summary>The same by another name.</summary>
    public static Command Create(string verb)
    {
        var names = new Argument<string[]>("image") { Description = "references or ids", Arity = ArgumentArity.OneOrMore };
        var command = new Command(verb, "remove images that no pod uses") { names };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            foreach (var name in parsed.GetValue(names)!)
            {
                await client.SendAsync(
                    HttpMethod.Delete, $"{ImagesCommand.Path}/{Uri.EscapeDataString(name)}", null, ct);
                await Console.Out.WriteLineAsync($"{name} removed");
            }

            return 0;
        });
        return command;
    }
}
