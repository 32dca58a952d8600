using Insula.Api.Core;
using Insula.Linux;
using Insula.Pods.Lifecycle;
using Insula.Pods.Streaming;
using Insula.Sandbox;
using Insula.Sandbox.Attach;

namespace Insula.Pods.Workers;

/// <summary>Users in the streams of containers.</summary>
internal static class PodAttacher
{
    public static async Task<PodSession> AttachAsync(PodWorker worker, PodAttachRequest request, CancellationToken cancellationToken)
    {
        var container = RunningContainer.Named(worker.Current.Pod, request.Container);
        var name = container.Name;
        if (request.Stdin && !container.Stdin)
        {
            throw new PodRequestException("BadRequest", $"container {name} of pod {request.Pod} has no standard input to attach to: stdin is not true in its specification");
        }

        if (request.Tty && !container.Tty)
        {
            throw new PodRequestException("BadRequest", $"container {name} of pod {request.Pod} has no terminal: tty is not true in its specification");
        }

        while (true)
        {
            if (request.Logs && worker.Current.Seen.Container(name) is { Stage: ContainerStage.Exited, Exit: { } exit })
            {
                return new EndedAttach(worker.LogFiles(name, exit.Attempt), exit.ExitCode);
            }

            var running = RunningContainer.Find(worker, name);
            try
            {
                return await AttachAsync(worker, running, request, cancellationToken);
            }
            catch (LaunchException e) when (e.Errno is Errno.ESRCH or Errno.ENOENT)
            {
                if (!request.Logs)
                {
                    throw new PodRequestException("BadRequest", $"container {name} of pod {request.Pod} is not running", e);
                }

                // It has just ended, and its log has all of it as soon as the worker hears of that.
                await worker.Ended(name, running.Seen.Attempt).WaitAsync(cancellationToken);
            }
        }
    }

    private static async Task<PodSession> AttachAsync(PodWorker worker, RunningContainer running, PodAttachRequest request, CancellationToken cancellationToken)
    {
        var container = running.Container;
        try
        {
            var attached = await running.Sandbox.AttachAsync(
                PodPlaces.ContainerId(container.Name, running.Seen.Attempt), request.Stdout, request.Stderr && !container.Tty, cancellationToken);
            if (request.Stdin && attached.Stdin is null)
            {
                attached.Dispose();
                throw new PodRequestException("BadRequest", $"the standard input of container {container.Name} of pod {request.Pod} has ended: it was closed when the first who was attached to it left (stdinOnce)");
            }

            return new SandboxAttach(attached, container, request.Stdin, request.Logs ? worker.LogFiles(container.Name, running.Seen.Attempt) : null);
        }
        catch (LaunchException e) when (e.Errno == Errno.EOPNOTSUPP)
        {
            throw new PodRequestException("BadRequest", $"pod {request.Pod} was started by an older insulad, whose shim cannot attach: start the pod again", e);
        }
        catch (SandboxException e) when (e is not LaunchException { Errno: Errno.ESRCH or Errno.ENOENT })
        {
            throw new PodRequestException("InternalError", e.Message, e);
        }
    }

    private sealed class SandboxAttach(ContainerAttachment attached, Container container, bool stdin, PodLogFiles? files) : PodSession
    {
        // 128 + SIGKILL: of one whose end nobody has seen.
        private const int KilledCode = 137;

        // A terminal has no end that could be passed on.
        private readonly bool _closesInput = stdin && container is { StdinOnce: true, Tty: false };

        public override Stream? Stdin => stdin ? attached.Stdin : null;

        public override Stream? Stdout => attached.Stdout;

        public override Stream? Stderr => attached.Stderr;

        public override PodLogPart? Earlier => files is null ? null : new(files, attached.Since);

        public override Task<int> Completion { get; } = CodeOfAsync(attached);

        public override Task ResizeAsync(int rows, int columns, CancellationToken cancellationToken)
        {
            attached.Resize(rows, columns);
            return Task.CompletedTask;
        }

        /// <summary>What stays open has no end, and who has nothing more to say leaves.</summary>
        public override async Task<bool> EndInputAsync(CancellationToken cancellationToken)
        {
            if (_closesInput)
            {
                await CloseAsync();
            }

            return _closesInput;
        }

        public override Task LeaveAsync() => _closesInput ? CloseAsync() : Task.CompletedTask;

        public override ValueTask DisposeAsync()
        {
            attached.Dispose();
            return ValueTask.CompletedTask;
        }

        private async Task CloseAsync()
        {
            try
            {
                Failpoint.Hit("pods.attach.input-open");
                await attached.CloseStdinAsync(CancellationToken.None);
            }
            catch (SandboxException) when (attached.Ended.IsCompleted)
            {
                // The container has ended, and its input with it.
            }
            catch (LaunchException e) when (e.Errno is Errno.ESRCH or Errno.ENOENT)
            {
                // It is just ending.
            }
        }

        private static async Task<int> CodeOfAsync(ContainerAttachment attached) => (await attached.Ended)?.Code ?? KilledCode;
    }

    // Of one that has ended there is the log.
    private sealed class EndedAttach(PodLogFiles? files, int code) : PodSession
    {
        public override Stream? Stdin => null;

        public override Stream? Stdout => Stream.Null;

        public override Stream? Stderr => Stream.Null;

        public override PodLogPart? Earlier => files is null ? null : new(files, null);

        public override Task<int> Completion { get; } = Task.FromResult(code);

        public override Task ResizeAsync(int rows, int columns, CancellationToken cancellationToken) => Task.CompletedTask;

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
