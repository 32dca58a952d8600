using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Insula.Api.Values;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula cp</c>: files into a container and out of it.</summary>
internal static class CopyCommand
{
    public static Command Create()
    {
        var from = new Argument<string>("from") { Description = "PATH, or POD:PATH, NAMESPACE/POD:PATH, KIND/NAME:PATH" }.TakesPodPath();
        var to = new Argument<string>("to") { Description = "the same; a directory that is there takes the copy in" }.TakesPodPath();
        var container = Common.Container("the container (default: the first)");
        var most = new Option<string?>("--max-size") { Description = "break off when more than this comes out of the container: 100Mi, 2G", HelpName = "SIZE" };
        var command = new Command(
            "cp", "copy files and directories into a container or out of it; the image needs no tar: insula cp web:/etc/nginx ./nginx") { from, to, container, most };
        command.SetAction(async (parsed, ct) =>
        {
            var source = CopyPlace.Parse(parsed.GetValue(from)!);
            var target = CopyPlace.Parse(parsed.GetValue(to)!);
            if (source.Pod is null == target.Pod is null)
            {
                throw new CommandException("one of the two is in a container, POD:PATH, and the other is on this machine");
            }

            var remote = source.Pod is null ? target : source;
            var ns = remote.Namespace ?? parsed.NamespaceName();
            using var client = parsed.Client();
            var pod = PodName.Path(ns, await PodName.FindAsync(client, ns, remote.Pod!, ct));
            var chosen = await DefaultContainer.ChooseAsync(client, pod, parsed.GetValue(container), Console.Error, ct);
            var path = $"{pod}/copy?path={Uri.EscapeDataString(remote.Path)}" + (chosen is null ? "" : $"&container={Uri.EscapeDataString(chosen)}");
            if (source.Pod is null)
            {
                path += $"&name={Uri.EscapeDataString(source.Name)}";
            }

            var session = new CopySession(client, path, Console.Error, MostBytes(parsed.GetValue(most)));
            var code = source.Pod is null
                ? await SendAsync(session, source.Path, ct)
                : await ReceiveAsync(session, target.Path, source.Name, ct);
            await Console.Out.WriteLineAsync(Output.Printable.Text(
                $"{parsed.GetValue(from)} -> {parsed.GetValue(to)}: {session.Bytes.ToString(CultureInfo.InvariantCulture)} bytes{(code == 0 ? "" : ", not all of it")}"));
            return code;
        });
        return command;
    }

    private static async Task<int> SendAsync(CopySession session, string path, CancellationToken ct)
    {
        using var program = CopyProgram.Send(path);
        try
        {
            program.StandardInput.Close();
            var said = SayAsync(program);
            var there = await session.SendAsync(program.StandardOutput.BaseStream, ct);

            // One whose records nobody reads any more ends by that.
            program.StandardOutput.Close();
            await said;
            await program.WaitForExitAsync(ct);
            return there != 0 ? there : program.ExitCode;
        }
        finally
        {
            End(program);
        }
    }

    private static async Task<int> ReceiveAsync(CopySession session, string path, string name, CancellationToken ct)
    {
        using var program = CopyProgram.Receive(path, name);
        try
        {
            program.StandardOutput.Close();
            var said = SayAsync(program);
            var there = 0;
            var isCut = false;
            try
            {
                there = await session.ReceiveAsync(program.StandardInput.BaseStream, ct);
                program.StandardInput.Close();
            }
            catch (IOException)
            {
                // It has ended before the records did, and says why.
                isCut = true;
            }

            await said;
            await program.WaitForExitAsync(ct);
            return program.ExitCode != 0 ? program.ExitCode : isCut ? 1 : there;
        }
        finally
        {
            End(program);
        }
    }

    private static async Task SayAsync(Process program)
    {
        while (await program.StandardError.ReadLineAsync() is { } line)
        {
            await Console.Error.WriteLineAsync(Output.Printable.Text(line));
        }
    }

    private static void End(Process program)
    {
        if (!program.HasExited)
        {
            program.Kill();
        }
    }

    private static long? MostBytes(string? size) => size is null ? null
        : Quantity.TryParse(size, out var quantity) ? quantity.Value
        : throw new CommandException($"--max-size {size}: a size is wanted, as 100Mi or 2G");
}
