using Insula.SystemTests.Harness;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Insula.SystemTests.Probes;

/// <summary>Probes by HTTPS and gRPC, answered by real servers in the pod's network.</summary>
public sealed class ProtocolProbeTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Https_probes_speak_tls_and_ask_for_no_certificate_s_name()
    {
        await _insula.ApplyAsync(Manifests.Pod("https", Manifests.Forever, container: new
        {
            readinessProbe = new
            {
                httpGet = new { scheme = "HTTPS", path = "/health?full=1", port = 8443, httpHeaders = new[] { new { name = "X-Asked-By", value = "probe" } } },
                periodSeconds = 1,
                failureThreshold = 1,
            },
        }));
        var pod = await _insula.WaitForPodAsync("https", p => Pods.IsRunning(p, "main") && Pods.Condition(p, "Ready") == "False", "not Ready while nobody listens");
        var code = 200;
        var asked = "";
        await using (await PodServer.StartAsync(_insula, pod, 8443, tls: true, HttpProtocols.Http1, context =>
        {
            var request = context.Request;
            asked = $"{request.Scheme} {request.Path}{request.QueryString} {request.Headers["X-Asked-By"]} {request.Headers.UserAgent}";
            context.Response.StatusCode = Volatile.Read(ref code);
            return Task.CompletedTask;
        }))
        {
            await _insula.WaitForReadyAsync("https");
            Assert.StartsWith("https /health?full=1 probe kube-probe/", asked, StringComparison.Ordinal);
            Volatile.Write(ref code, 503);
            await _insula.WaitForPodAsync("https", p => Pods.Condition(p, "Ready") == "False", "not Ready by 503");
            Volatile.Write(ref code, 302);
            await _insula.WaitForReadyAsync("https");
        }

        pod = await _insula.WaitForPodAsync("https", p => Pods.Condition(p, "Ready") == "False", "not Ready when the server is gone");
        Assert.Equal(0, Pods.Restarts(pod, "main"));
        await _insula.DeletePodAsync("https");
    }

    [Fact]
    public async Task Grpc_probes_follow_the_health_service()
    {
        await _insula.ApplyAsync(Manifests.Pod("grpc", Manifests.Forever, container: new
        {
            readinessProbe = new { grpc = new { port = 5000, service = "shop" }, periodSeconds = 1, failureThreshold = 1 },
        }));
        var pod = await _insula.WaitForPodAsync("grpc", p => Pods.IsRunning(p, "main") && Pods.Condition(p, "Ready") == "False", "not Ready while nobody listens");
        byte serving = 1;
        var asked = "";
        await using (await PodServer.StartAsync(_insula, pod, 5000, tls: false, HttpProtocols.Http2, async context =>
        {
            var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            asked = $"{context.Request.Method} {context.Request.Path} {context.Request.ContentType} {Convert.ToHexString(body.ToArray())}";
            context.Response.ContentType = "application/grpc";

            // A frame of two bytes: HealthCheckResponse { status = 1; }, an enumeration: 1 is SERVING, 2 NOT_SERVING.
            await context.Response.Body.WriteAsync(new byte[] { 0, 0, 0, 0, 2, 8, Volatile.Read(ref serving) });
            context.Response.AppendTrailer("grpc-status", "0");
        }))
        {
            await _insula.WaitForReadyAsync("grpc");
            Assert.Equal("POST /grpc.health.v1.Health/Check application/grpc 00000000060A0473686F70", asked);
            Volatile.Write(ref serving, 2);
            await _insula.WaitForPodAsync("grpc", p => Pods.Condition(p, "Ready") == "False", "not Ready when NOT_SERVING");
            Assert.Contains("NOT_SERVING", (await _insula.CliAsync("events", "--for", "pod/grpc")).Succeeded(), StringComparison.Ordinal);
            Volatile.Write(ref serving, 1);
            await _insula.WaitForReadyAsync("grpc");
        }

        await _insula.WaitForPodAsync("grpc", p => Pods.Condition(p, "Ready") == "False", "not Ready when the server is gone");
        await _insula.DeletePodAsync("grpc");
    }

    [Fact]
    public async Task A_grpc_server_without_the_health_service_fails_its_liveness()
    {
        await _insula.ApplyAsync(Manifests.Pod("no-health", Manifests.Forever, container: new
        {
            livenessProbe = new { grpc = new { port = 5001 }, periodSeconds = 1, failureThreshold = 3, initialDelaySeconds = 1 },
        }));
        var pod = await _insula.WaitForPodAsync("no-health", p => Pods.IsRunning(p, "main"), "running");
        await using (await PodServer.StartAsync(_insula, pod, 5001, tls: false, HttpProtocols.Http2, context =>
        {
            // UNIMPLEMENTED, in the only headers: a "trailers-only" answer.
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = "12";
            return Task.CompletedTask;
        }))
        {
            await _insula.WaitForPodAsync("no-health", p => Pods.Restarts(p, "main") >= 1, "restarted by its liveness probe");
        }

        Assert.Contains("Liveness probe failed", (await _insula.CliAsync("events", "--for", "pod/no-health")).Succeeded(), StringComparison.Ordinal);
        await _insula.DeletePodAsync("no-health");
    }
}
