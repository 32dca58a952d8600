using Insula.Pods.Launch;
using Insula.Pods.Streaming;
using Insula.Sandbox;
using Insula.Sandbox.Exec;

namespace Insula.Pods.Workers;

/// <summary>Commands that users run in containers.</summary>
internal static class PodExecutor
{
    private const string CopyProgram = "insula-copy";
    private const byte EndOfTransmission = 4;

    public static Task<PodSession> ExecAsync(PodWorker worker, PodExecRequest request, CancellationToken cancellationToken) => request.Command.Count > 0
        ? ExecAsync(worker, request, isCopy: false, cancellationToken)
        : throw new PodRequestException("BadRequest", "you must specify at least one command for the container");

    public static Task<PodSession> CopyAsync(PodWorker worker, PodCopyRequest request, CancellationToken cancellationToken) => ExecAsync(
        worker,
        new PodExecRequest
        {
            Namespace = request.Namespace,
            Pod = request.Pod,
            Container = request.Container,
            Command = request.Name is { } name ? [CopyProgram, "receive", request.Path, name] : [CopyProgram, "send", request.Path],
            Stdin = request.Name is not null,
        },
        isCopy: true,
        cancellationToken);

    private static async Task<PodSession> ExecAsync(PodWorker worker, PodExecRequest request, bool isCopy, CancellationToken cancellationToken)
    {
        var running = RunningContainer.Find(worker, request.Container);
        try
        {
            var spec = worker.Launcher.Exec(running.Pod, running.Container, running.Seen.Attempt, running.Sandbox, running.Addresses, request.Command) with
            {
                IsCopy = isCopy,
                Tty = request.Tty,
                Stdin = request.Stdin,
                Stdout = request.Stdout,
                Stderr = request.Stderr && !request.Tty,
            };
            if (request.Tty && !spec.Env.Any(e => e.StartsWith("TERM=", StringComparison.Ordinal)))
            {
                spec = spec with { Env = [.. spec.Env, "TERM=xterm"] };
            }

            return new SandboxExec(await running.Sandbox.ExecAsync(spec, cancellationToken), request);
        }
        catch (LaunchRefusedException e)
        {
            throw new PodRequestException("BadRequest", e.Message, e);
        }
        catch (LaunchException e) when (isCopy && e.Step == "plan")
        {
            throw new PodRequestException("BadRequest", $"pod {request.Pod} was started by an older insulad, whose shim cannot copy: start the pod again, or copy with tar through exec", e);
        }
        catch (LaunchException e)
        {
            throw new PodRequestException("InternalError", $"command \"{request.Command[0]}\" did not start in container {running.Container.Name}: {e.Message}", e);
        }
        catch (SandboxException e)
        {
            throw new PodRequestException("InternalError", e.Message, e);
        }
    }

    private sealed class SandboxExec(ExecSession session, PodExecRequest request) : PodSession
    {
        public override Stream? Stdin => request.Tty ? (request.Stdin ? session.Terminal : null) : session.Stdin;

        public override Stream? Stdout => request.Tty ? session.Terminal : session.Stdout;

        public override Stream? Stderr => request.Tty ? null : session.Stderr;

        public override Task<int> Completion { get; } = CodeOfAsync(session);

        public override Task ResizeAsync(int rows, int columns, CancellationToken cancellationToken) =>
            request.Tty ? session.ResizeAsync(rows, columns, cancellationToken) : Task.CompletedTask;

        public override async Task<bool> EndInputAsync(CancellationToken cancellationToken)
        {
            if (!request.Tty)
            {
                return await base.EndInputAsync(cancellationToken);
            }

            // A terminal's two directions are one descriptor: its end of input is a character.
            await session.Terminal!.WriteAsync(new[] { EndOfTransmission }, cancellationToken);
            return true;
        }

        public override ValueTask DisposeAsync() => session.DisposeAsync();

        private static async Task<int> CodeOfAsync(ExecSession session) => (await session.Completion).Code;
    }
}
