using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Pods;
using Insula.Pods.Streaming;
using Insula.Store;
using Insulad.Http.Channels;

namespace Insulad.Http.Exec;

/// <summary><c>pods/NAME/exec</c>: a command in a container, over a WebSocket with Kubernetes' channels.</summary>
internal sealed class ExecHandler(IObjectStore store, IPodService pods, CancellationToken stopping)
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

        var protocol = ChannelSocket.Choose(request.Http, "exec");
        using var end = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted, stopping);
        using var socket = await ChannelSocket.AcceptAsync(request.Http, protocol);
        PodExec running;
        try
        {
            running = await pods.ExecAsync(exec, end.Token);
        }
        catch (PodRequestException e)
        {
            // After the upgrade a refusal is told on the error channel, which clients show; before it, WebSocket
            // clients would show a bare code.
            await socket.RefuseAsync(ExecSession.Error, Failures.Of(e.Reason, e.Message), end.Token);
            return;
        }

        await using (running)
        {
            await new ExecSession(socket, running, exec.Tty).RunAsync(end.Token);
        }
    }
}
