using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Insula.Cli.Client;

namespace Insula.Cli.Commands;

/// <summary><c>insula port-forward</c>: ports of this machine that lead into a pod.</summary>
internal static class PortForwardCommand
{
    public static Command Create()
    {
        var pod = new Argument<string>("pod") { Description = "POD, pod/POD, or KIND/NAME of a workload or Service" }.TakesPod();
        var words = new Argument<string[]>("ports")
        {
            Description = "LOCAL:REMOTE, :REMOTE for any local port, or REMOTE for the same; REMOTE is a number or a port's name, of a Service its own",
            Arity = ArgumentArity.OneOrMore,
        };
        var address = new Option<string[]>("--address")
        {
            Description = "where to listen: IP addresses or localhost, with commas between",
            DefaultValueFactory = _ => ["localhost"],
            HelpName = "ADDRESS",
        };
        var command = new Command(
            "port-forward", "lead local ports into a pod, also to what listens on its loopback: insula port-forward service/web 8080:80") { pod, words, address };
        command.SetAction(async (parsed, ct) =>
        {
            var ports = parsed.GetValue(words)!.Select(ForwardedPort.Parse).ToList();
            var addresses = parsed.GetValue(address)!.SelectMany(a => a.Split(',', StringSplitOptions.RemoveEmptyEntries)).ToList();
            if (addresses.Count == 0)
            {
                throw new CommandException("--address: an IP address or localhost is wanted");
            }

            using var client = parsed.Client();
            using var target = new ForwardTarget(client, parsed.NamespaceName(), parsed.GetValue(pod)!);
            var listeners = new List<(Socket Socket, int Remote)>();
            try
            {
                foreach (var (local, remote) in await target.ResolveAsync(ports, ct))
                {
                    listeners.AddRange(PortForwarder.Listen(addresses, local).Select(socket => (socket, remote)));
                }

                foreach (var (socket, remote) in listeners)
                {
                    await Console.Out.WriteLineAsync($"Forwarding from {(IPEndPoint)socket.LocalEndPoint!} -> {remote}");
                }

                var forwarder = new PortForwarder(client, target, Console.Out, Console.Error);
                await Task.WhenAll(listeners.Select(l => forwarder.ServeAsync(l.Socket, l.Remote, ct)));
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                // ^C is its ordinary end.
            }
            finally
            {
                listeners.ForEach(l => l.Socket.Dispose());
            }

            return 0;
        });
        return command;
    }
}
