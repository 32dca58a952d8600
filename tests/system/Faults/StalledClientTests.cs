using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Faults;

/// <summary>Clients that stop reading in the middle of a stream, and that vanish: memory stays bounded, and nothing waits for them.</summary>
public sealed class StalledClientTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private const string Lines = "l=$(printf %01000d 0); while true; do echo $l; done";
    private const long MemoryPlay = 64 << 20;

    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Followers_of_a_log_that_do_not_read_cost_bounded_memory_and_hold_up_nobody()
    {
        await _insula.ApplyAsync(Manifests.Pod("chatty", Lines));
        await _insula.WaitForReadyAsync("chatty");
        await StallAsync("GET /api/v1/namespaces/default/pods/chatty/log?follow=true HTTP/1.1\r\nHost: insula\r\n\r\n", "chatty");
    }

    [Fact]
    public async Task Commands_whose_output_nobody_reads_cost_bounded_memory_and_hold_up_nobody()
    {
        await _insula.ApplyAsync(Manifests.Pod("execs", Manifests.Forever));
        var pod = await _insula.WaitForReadyAsync("execs");
        var calm = Processes.Of(_insula, pod, "main").Count;
        await StallAsync(
            "GET /api/v1/namespaces/default/pods/execs/exec?command=sh&command=-c&command=yes&stdout=true HTTP/1.1\r\nHost: insula\r\n"
            + "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n",
            null);
        await Eventually.TrueAsync(() => Processes.Of(_insula, pod, "main").Count == calm, "the commands of clients that went are ended");
        await _insula.DeletePodAsync("execs");
    }

    // Four clients stop after the first bytes, and vanish when the daemon was seen to hold.
    private async Task StallAsync(string request, string? deleted)
    {
        var before = Memory();
        var descriptors = Descriptors();
        var stalled = new List<Socket>();
        try
        {
            for (var i = 0; i < 4; i++)
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveBufferSize = 4096 };
                stalled.Add(socket);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(_insula.Socket));
                await socket.SendAsync(Encoding.ASCII.GetBytes(request));
                var head = new byte[64];
                var read = await socket.ReceiveAsync(head);
                Assert.Matches("^HTTP/1.1 (200|101) ", Encoding.ASCII.GetString(head, 0, read));
            }

            // In this time an unbounded buffer would take hundreds of megabytes.
            for (var i = 0; i < 5; i++)
            {
                var name = $"aside-{i}";
                await _insula.ApplyAsync(Manifests.Pod(name, Manifests.Forever));
                await _insula.WaitForReadyAsync(name);
                await _insula.DeletePodAsync(name);
                Assert.InRange(Memory() - before, long.MinValue, MemoryPlay);
            }

            if (deleted is not null)
            {
                await _insula.DeletePodAsync(deleted);
            }
        }
        finally
        {
            stalled.ForEach(s => s.Dispose());
        }

        await Eventually.TrueAsync(() => Descriptors() <= descriptors, "what the clients held is closed");
    }

    private long Memory() => long.Parse(Processes.Status(_insula.DaemonPid, "RssAnon").Split(' ')[0], CultureInfo.InvariantCulture) * 1024;

    // Without network namespaces, of which some wait for pods, and are made when it is quiet.
    private int Descriptors() => Directory.EnumerateFileSystemEntries($"/proc/{_insula.DaemonPid}/fd").Count(fd => new FileInfo(fd).LinkTarget?.StartsWith("net:", StringComparison.Ordinal) != true);
}
