using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Security;

/// <summary>How far an intruder gets who was given a namespace of the host, or the other processes of its pod.</summary>
public sealed class ReachTests(ReachTests.Fixture fixture) : IClassFixture<ReachTests.Fixture>
{
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task A_pod_on_the_host_s_network_reaches_none_of_our_sockets()
    {
        await _insula.ApplyAsync(Manifests.Pod("others", Manifests.Forever));
        await _insula.WaitForReadyAsync("others");
        // The host's /tmp is where programs leave sockets that they do not mean for others.
        await _insula.ApplyAsync(Manifests.Pod(
            "scan", "",
            container: new { image = "intruder", command = new[] { "intruder", "unix-sockets" }, volumeMounts = new[] { new { name = "tmp", mountPath = "/tmp" } } },
            spec: new { hostNetwork = true, restartPolicy = "Never", volumes = new[] { new { name = "tmp", hostPath = new { path = "/tmp" } } } }));
        var sockets = Intruder.Read(await OutputAsync("scan"));
        foreach (var own in (string[])["insula.sock", "read-only.sock", "shim.sock"])
        {
            Assert.Contains(sockets, s => s.Name.Contains(own, StringComparison.Ordinal));
        }

        Assert.DoesNotContain(sockets, s => s.Result == "ok");
        Assert.DoesNotContain(sockets, s => s.Name.Contains(" @", StringComparison.Ordinal));
        await _insula.DeletePodAsync("scan");
        await _insula.DeletePodAsync("others");
    }

    private async Task<string> OutputAsync(string pod)
    {
        await _insula.WaitForPodAsync(pod, p => Pods.Phase(p) is "Succeeded" or "Failed", "has ended");
        return (await _insula.CliAsync("logs", pod)).Succeeded();
    }

    public sealed class Fixture : InstanceFixture
    {
        private readonly string _readOnly = $"/var/tmp/insula-test-{Guid.NewGuid():n}.read-only.sock";

        protected override InstanceSetup Setup => new() { Config = $"read-only-socket: {_readOnly}\n" };

        protected override string[] Images => ["busybox", "intruder"];
    }
}
