using Insula.Api.Core;
using Insula.Pods.Launch;
using Insula.Pods.Lifecycle;
using Insula.Pods.Streaming;
using Insula.Sandbox;
using Insula.Sandbox.Exec;

namespace Insula.Pods.Workers;

/// <summary>Commands that users run in containers.</summary>
internal static class PodExecutor
{
    private const string CopyProgram = "insula-copy";

    public static Task<PodExec> ExecAsync(PodWorker worker, PodExecRequest request, CancellationToken cancellationToken) => request.Command.Count > 0
        ? ExecAsync(worker, request, isCopy: false, cancellationToken)
        : throw new PodRequestException("BadRequest", "you must specify at least one command for the container");

    public static Task<PodExec> CopyAsync(PodWorker worker, PodCopyRequest request, CancellationToken cancellationToken) => ExecAsync(
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

    private static async Task<PodExec> ExecAsync(PodWorker worker, PodExecRequest request, bool isCopy, CancellationToken cancellationToken)
    {
        var (pod, seen, sandbox) = worker.Current;

        var all = pod.Spec.Containers.Concat(pod.Spec.InitContainers).ToList();
        var name = request.Container is { Length: > 0 } wanted ? wanted : all[0].Name;
        var container = all.FirstOrDefault(c => c.Name == name)
            ?? throw new PodRequestException("BadRequest", $"container {name} is not valid for pod {request.Pod}: it has {string.Join(", ", all.Select(c => c.Name))}");
        var observed = seen.Container(name);
        if (sandbox is null || observed.Stage is not (ContainerStage.Running or ContainerStage.Stopping))
        {
            throw new PodRequestException("BadRequest", $"container {name} of pod {request.Pod} is not running");
        }

        try
        {
            var spec = worker.Launcher.Exec(pod, container, observed.Attempt, sandbox, seen.Sandbox.Addresses, request.Command) with
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

            return new SandboxExec(await sandbox.ExecAsync(spec, cancellationToken), request);
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
            throw new PodRequestException("InternalError", $"command \"{request.Command[0]}\" did not start in container {name}: {e.Message}", e);
        }
        catch (SandboxException e)
        {
            throw new PodRequestException("InternalError", e.Message, e);
        }
    }

    private sealed class SandboxExec(ExecSession session, PodExecRequest request) : PodExec
    {
        public override Stream? Stdin => request.Tty ? (request.Stdin ? session.Terminal : null) : session.Stdin;

        public override Stream? Stdout => request.Tty ? session.Terminal : session.Stdout;

        public override Stream? Stderr => request.Tty ? null : session.Stderr;

        public override Task<int> Completion { get; } = CodeOfAsync(session);

        public override Task ResizeAsync(int rows, int columns, CancellationToken cancellationToken) =>
            request.Tty ? session.ResizeAsync(rows, columns, cancellationToken) : Task.CompletedTask;

        public override ValueTask DisposeAsync() => session.DisposeAsync();

        private static async Task<int> CodeOfAsync(ExecSession session) => (await session.Completion).Code;
    }
}
