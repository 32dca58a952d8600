using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Autoscaling;

/// <summary>Pods become more when they are busy, and fewer when they are not.</summary>
public sealed class AutoscalingTests
{
    // Busy as long as somebody wants it to be.
    private const string Load =
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: load}
        data: {busy: "yes"}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 1
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
                - name: main
                  image: busybox
                  imagePullPolicy: IfNotPresent
                  command: [sh, -c, 'while true; do if [ "$(cat /load/busy)" = yes ]; then i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; else sleep 1; fi; done']
                  resources: {requests: {cpu: 100m}, limits: {cpu: 200m}}
                  volumeMounts: [{name: load, mountPath: /load}]
              volumes: [{name: load, configMap: {name: load}}]
        ---
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: web}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
          maxReplicas: 3
          metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
          behavior: {scaleDown: {stabilizationWindowSeconds: 0}}
        """;

    [Fact]
    public async Task Busy_pods_become_more_and_idle_ones_fewer_over_the_death_of_the_daemon()
    {
        await using var insula = await Instance.StartAsync("", "busybox");
        await insula.ApplyAsync(Load);
        await ReplicasAsync(insula, 3);
        await Eventually.TrueAsync(async () => (await insula.CliAsync("get", "hpa")).Output.Contains("Deployment/web", StringComparison.Ordinal), "it is listed");
        Assert.Matches(@"web +Deployment/web +cpu: \d+%/50% +1 +3 +\d ", (await insula.CliAsync("get", "hpa")).Succeeded());
        var words = (await insula.CliAsync("describe", "hpa", "web")).Succeeded();
        Assert.Contains("SuccessfulRescale", words, StringComparison.Ordinal);
        Assert.Contains("cpu resource utilization (percentage of request) above target", words, StringComparison.Ordinal);

        // A new daemon begins with what it finds.
        await insula.KillDaemonAsync();
        await insula.StartDaemonAsync();
        await insula.ApplyAsync("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: load}\ndata: {busy: \"no\"}\n");
        await ReplicasAsync(insula, 1);
        Assert.Contains("reason: All metrics below target", (await insula.CliAsync("describe", "hpa", "web")).Succeeded(), StringComparison.Ordinal);

        // What it is told by a person it corrects to its bounds.
        (await insula.CliAsync("scale", "deployment", "web", "--replicas", "5")).Succeeded();
        await ReplicasAsync(insula, 1);
        (await insula.CliAsync("delete", "hpa", "web")).Succeeded();
        (await insula.CliAsync("delete", "deployment", "web")).Succeeded();
        await Leaks.AssertNoPodIsLeftAsync(insula);
    }

    [Fact]
    public async Task A_workload_is_scaled_by_a_word()
    {
        await using var insula = await Instance.StartAsync("", "busybox");
        (await insula.CliAsync("create", "deployment", "idle", "--image", "busybox", "--", "sleep", "1000")).Succeeded();
        Assert.Equal("horizontalpodautoscaler.autoscaling/idle autoscaled\n", (await insula.CliAsync("autoscale", "deployment", "idle", "--min", "2", "--max", "4", "--memory", "500Mi")).Succeeded());
        await ReplicasAsync(insula, 2, "idle");
        await Eventually.TrueAsync(async () => (await insula.CliAsync("get", "hpa", "idle")).Output.Contains("/500Mi", StringComparison.Ordinal), "the amount is shown");
        var refused = await insula.CliAsync("autoscale", "deployment", "idle", "--max", "4", "--cpu", "much%", "--name", "other");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("a percentage like 60%, or an amount like 200m", refused.Error, StringComparison.Ordinal);
        Assert.NotEqual(0, (await insula.CliAsync("autoscale", "deployment", "nobody", "--max", "4")).ExitCode);
    }

    private static async Task ReplicasAsync(Instance insula, int wanted, string name = "web") => await Eventually.TrueAsync(
        async () => (await insula.Api.GetAsync($"/apis/apps/v1/namespaces/default/deployments/{name}"))["status"] is { } status
            && ((int?)status["replicas"] ?? 0) == wanted && ((int?)status["readyReplicas"] ?? 0) == wanted,
        $"{name} has {wanted} pods", TimeSpan.FromMinutes(2));
}
