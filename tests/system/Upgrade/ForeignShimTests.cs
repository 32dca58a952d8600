using System.Text;
using Insula.Linux.Events;
using Insula.Linux.Files;
using Insula.Linux.Sockets;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Upgrade;

/// <summary>A shim that speaks no version this daemon knows: what it answers is told, and its pod is made anew, not lost.</summary>
public sealed class ForeignShimTests
{
    [Fact]
    public async Task A_shim_of_a_later_version_is_refused_by_name_and_its_pod_is_set_up_anew()
    {
        await using var insula = await Instance.StartAsync();
        await insula.ApplyAsync(Manifests.Pod("later", Manifests.Forever));
        var pod = await insula.WaitForReadyAsync("later");
        var old = Processes.MainOf(insula, pod, "main");
        await insula.KillDaemonAsync();

        // The place of its socket is taken by one that answers as a shim of the future: it knows the old hello well enough to refuse it.
        var sandbox = Assert.Single(Directory.EnumerateDirectories(Path.Combine(insula.Run, "sandboxes")));
        File.Delete(Path.Combine(sandbox, "shim.sock"));
        using var events = new EventLoop();
        using var ending = new CancellationTokenSource();
        using var directory = Directories.Open(sandbox);
        using var listener = SeqPacketSocket.Listen(directory, "shim.sock");
        var answering = AnswerAsync(listener, events, ending.Token);
        try
        {
            await insula.StartDaemonAsync();
            await insula.WaitForPodAsync("later", p => Pods.Restarts(p, "main") == 1 && Pods.IsReady(p), "runs again in a new sandbox");
        }
        finally
        {
            await ending.CancelAsync();
            await answering;
        }

        Assert.True(insula.DaemonLog.Contains("this shim speaks version 9", StringComparison.Ordinal), insula.DaemonLog);
        await Eventually.TrueAsync(() => !Directory.Exists($"/proc/{old}"), "what the refused shim supervised is ended: nobody could stop it otherwise");
        await insula.DeletePodAsync("later");
    }

    private static async Task AnswerAsync(SeqPacketSocket listener, EventLoop events, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                using var connection = await listener.AcceptAsync(events, ct);
                while (await connection.ReceiveAsync(events, ct) is { } request)
                {
                    var id = Encoding.UTF8.GetString(request.Data).Split('\0')[0];
                    await connection.SendAsync(events, Encoding.UTF8.GetBytes($"err\0{id}\0version\093\0this shim speaks version 9\0"), [], ct);
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The end of the test.
        }
    }
}
