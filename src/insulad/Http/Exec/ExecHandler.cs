using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Pods;
using Insula.Pods.Streaming;
using Insula.Store;
using Insulad.Http.Channels;
using Insulad.Http.Logs;

namespace Insulad.Http.Exec;

/// <summary>A container's streams over a WebSocket with Kubernetes' channels: <c>pods/NAME/exec</c>, a command in it, <c>attach</c>, its own.</summary>
internal sealed class ExecHandler(IObjectStore store, IPodService pods, LogWatcher logs, CancellationToken stopping)
{
    public async Task ExecAsync(ApiRequest request)
    {
        var value = store.Get(request.Key) ?? throw new ApiException(Failures.NotFound("pods", request.Info.Name!));
        var pod = ApiJson.Read<Pod>(value.Json.Span);
        var command = request.Http.Request.Query["command"].Where(w => w is not null).Select(w => w!).ToArray();
        if (command.Length == 0)
        {
            throw ApiException.BadRequest("you must specify at least 1 command for the container");
        }

        var exec = new PodExecRequest
        {
            Namespace = request.Namespace,
            Pod = request.Info.Name!,
            Container = ContainerChoice.Choose(pod, request.Query("container")),
            Command = command,
            Stdin = request.Flag("stdin"),
            Stdout = request.Flag("stdout"),
            Stderr = request.Flag("stderr") && !request.Flag("tty"),
            Tty = request.Flag("tty"),
        };
        if (!exec.Stdin && !exec.Stdout && !exec.Stderr)
        {
            throw ApiException.BadRequest("you must specify at least 1 of stdin, stdout, stderr");
        }

        await RunAsync(request, "exec", ct => pods.ExecAsync(exec, ct), exec.Tty);
    }

    /// <summary><c>pods/NAME/attach</c>: what the container itself reads and writes.</summary>
    public async Task AttachAsync(ApiRequest request)
    {
        var value = store.Get(request.Key) ?? throw new ApiException(Failures.NotFound("pods", request.Info.Name!));
        var attach = new PodAttachRequest
        {
            Namespace = request.Namespace,
            Pod = request.Info.Name!,
            Container = ContainerChoice.Choose(ApiJson.Read<Pod>(value.Json.Span), request.Query("container")),
            Stdin = request.Flag("stdin"),
            Stdout = request.Flag("stdout"),
            Stderr = request.Flag("stderr") && !request.Flag("tty"),
            Tty = request.Flag("tty"),
            Logs = request.Flag("logs"),
        };
        if (!attach.Stdin && !attach.Stdout && !attach.Stderr)
        {
            throw ApiException.BadRequest("you must specify at least 1 of stdin, stdout, stderr");
        }

        await RunAsync(request, "attach", ct => pods.AttachAsync(attach, ct), attach.Tty);
    }

    /// <summary><c>pods/NAME/copy</c>, of Insula's own: <c>path</c> is read, or with <c>name</c> written to, over the channels of exec.</summary>
    public async Task CopyAsync(ApiRequest request)
    {
        var value = store.Get(request.Key) ?? throw new ApiException(Failures.NotFound("pods", request.Info.Name!));
        var path = request.Query("path");
        var name = request.Query("name");
        if (string.IsNullOrEmpty(path) || path.Contains('\0', StringComparison.Ordinal))
        {
            throw ApiException.BadRequest("query parameter \"path\" is required: what is to be read, or with \"name\" written to");
        }

        if (name is not null && (name.Contains('/', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal) || name is "." or ".."))
        {
            throw ApiException.BadRequest($"name: Invalid value: \"{name}\": must be a file's name, or empty");
        }

        var container = ContainerChoice.Choose(ApiJson.Read<Pod>(value.Json.Span), request.Query("container"));
        var copy = new PodCopyRequest(request.Namespace, request.Info.Name!, container, path, name);
        await RunAsync(request, "copy", ct => pods.CopyAsync(copy, ct), tty: false);
    }

    private async Task RunAsync(ApiRequest request, string what, Func<CancellationToken, Task<PodSession>> start, bool tty)
    {
        var protocol = ChannelSocket.Choose(request.Http, what);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted, stopping);
        using var socket = await ChannelSocket.AcceptAsync(request.Http, protocol);
        PodSession running;
        try
        {
            running = await start(end.Token);
        }
        catch (PodRequestException e)
        {
            // After the upgrade a refusal is told on the error channel, which clients show; before it, WebSocket
            // clients would show a bare code.
            await socket.RefuseAsync(StreamSession.Error, Failures.Of(e.Reason, e.Message), end.Token);
            return;
        }

        await using (running)
        {
            await new StreamSession(socket, running, logs, tty).RunAsync(end.Token);
            if (!stopping.IsCancellationRequested)
            {
                await running.LeaveAsync();
            }
        }
    }
}
