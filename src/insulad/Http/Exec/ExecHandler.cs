using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Pods;
using Insula.Pods.Streaming;
using Insula.Store;
using Microsoft.AspNetCore.Http;

namespace Insulad.Http.Exec;

/// <summary><c>pods/NAME/exec</c>: a command in a container, over a WebSocket with Kubernetes' channels.</summary>
internal sealed class ExecHandler(IObjectStore store, IPodService pods, CancellationToken stopping)
{
    /// <summary>The newest first. v5 adds the closing of a channel (KEP-4006).</summary>
    private static readonly string[] Protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

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

        var sockets = request.Http.WebSockets;
        if (!sockets.IsWebSocketRequest)
        {
            throw ApiException.BadRequest("Upgrade request required: exec speaks WebSocket (v5.channel.k8s.io); SPDY is not served");
        }

        var protocol = Protocols.FirstOrDefault(sockets.WebSocketRequestedProtocols.Contains)
            ?? throw ApiException.BadRequest($"no supported subprotocol was requested: the server speaks {string.Join(", ", Protocols)}");

        using var end = CancellationTokenSource.CreateLinkedTokenSource(request.Aborted, stopping);
        using var socket = await sockets.AcceptWebSocketAsync(protocol);
        PodExec running;
        try
        {
            running = await pods.ExecAsync(exec, end.Token);
        }
        catch (PodRequestException e)
        {
            // After the upgrade a refusal is told on the error channel, which clients show; before it, WebSocket
            // clients would show a bare code.
            await ExecSession.RefuseAsync(socket, Failures.Of(e.Reason, e.Message), end.Token);
            return;
        }

        await using (running)
        {
            using var session = new ExecSession(socket, running, exec.Tty, protocol == Protocols[0]);
            await session.RunAsync(end.Token);
        }
    }
}
