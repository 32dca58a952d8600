using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;

namespace Insula.SystemTests.Workloads;

/// <summary>Jobs and CronJobs of the real daemon with real pods.</summary>
public sealed class JobTests(InstanceFixture fixture) : IClassFixture<InstanceFixture>
{
    private static readonly object s_never = new { restartPolicy = "Never" };
    private readonly Instance _insula = fixture.Instance;

    [Fact]
    public async Task Each_index_runs_once_and_knows_its_number()
    {
        await _insula.ApplyAsync(Job("indexed", "echo index $JOB_COMPLETION_INDEX at $(hostname)", new { completions = 3, parallelism = 2, completionMode = "Indexed" }));
        (await _insula.CliAsync("wait", "job/indexed", "--for=condition=Complete", "--timeout=60s")).Succeeded();
        var job = await Loads.GetAsync(_insula, "job", "indexed");
        Assert.Equal(("0-2", 3), ((string?)job["status"]!["completedIndexes"], (int)job["status"]!["succeeded"]!));
        Assert.Equal("True CompletionsReached", Loads.Condition(job, "SuccessCriteriaMet"));
        var pods = await Loads.PodsAsync(_insula, "indexed");
        foreach (var pod in pods)
        {
            var index = (string?)pod["metadata"]!["annotations"]!["batch.kubernetes.io/job-completion-index"];
            Assert.StartsWith($"indexed-{index}-", Loads.Name(pod), StringComparison.Ordinal);
            Assert.Equal($"index {index} at indexed-{index}\n", (await _insula.CliAsync("logs", Loads.Name(pod))).Succeeded());
            Assert.Null(pod["metadata"]!["finalizers"]);
        }

        Assert.Equal(3, pods.Count);
        var cells = (await _insula.CliAsync("get", "jobs", "indexed", "--no-headers")).Succeeded().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["indexed", "Complete", "3/3"], cells.Take(3));
        Assert.Contains("Completed Indexes", (await _insula.CliAsync("describe", "job", "indexed")).Succeeded(), StringComparison.Ordinal);
        await Loads.DeleteAsync(_insula, "job", "indexed");
    }

    [Fact]
    public async Task It_fails_when_its_pods_failed_too_often_and_goes_when_its_time_is_over()
    {
        await _insula.ApplyAsync(Job("failing", "exit 3", new { backoffLimit = 1, ttlSecondsAfterFinished = 2 }));
        var failed = await Eventually.GetAsync(
            async () => (await _insula.Api.SendAsync(HttpMethod.Get, "/apis/batch/v1/namespaces/default/jobs/failing")).Body!,
            job => Loads.Condition(job, "Failed") is not null, "the Job has failed", TimeSpan.FromSeconds(60));
        Assert.Equal("True BackoffLimitExceeded", Loads.Condition(failed, "Failed"));
        Assert.Equal(2, (int)failed["status"]!["failed"]!);
        await Eventually.TrueAsync(async () => (await _insula.CliAsync("get", "job", "failing")).ExitCode != 0 && (await Loads.AllPodsAsync(_insula, "failing")).Count == 0, "it is gone with its pods");
    }

    [Fact]
    public async Task A_failure_that_the_policy_names_ends_it_at_once()
    {
        var policy = new { rules = new[] { new { action = "FailJob", onExitCodes = new { @operator = "In", values = new[] { 42 } } } } };
        await _insula.ApplyAsync(Job("fatal", "exit 42", new { backoffLimit = 6, podFailurePolicy = policy }));
        (await _insula.CliAsync("wait", "job/fatal", "--for=condition=Failed", "--timeout=30s")).Succeeded();
        Assert.Equal("True PodFailurePolicy", Loads.Condition(await Loads.GetAsync(_insula, "job", "fatal"), "Failed"));
        await Loads.DeleteAsync(_insula, "job", "fatal");
    }

    [Fact]
    public async Task A_suspended_one_waits_and_goes_on()
    {
        await _insula.ApplyAsync(Job("later", "true", new { suspend = true }));
        (await _insula.CliAsync("wait", "job/later", "--for=condition=Suspended", "--timeout=30s")).Succeeded();
        Assert.Empty(await Loads.AllPodsAsync(_insula, "later"));
        await _insula.ApplyAsync(Job("later", "true", new { suspend = false }));
        (await _insula.CliAsync("wait", "job/later", "--for=condition=Complete", "--timeout=30s")).Succeeded();
        await Loads.DeleteAsync(_insula, "job", "later");
    }

    [Fact]
    public async Task Through_deaths_of_the_daemon_each_pod_counts_once()
    {
        await _insula.ApplyAsync(Job("killed", "sleep 1", new { completions = 4, parallelism = 2 }));
        for (var i = 0; i < 4; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(400));
            await _insula.KillDaemonAsync();
            await _insula.StartDaemonAsync();
        }

        (await _insula.CliAsync("wait", "job/killed", "--for=condition=Complete", "--timeout=60s")).Succeeded();
        var job = await Loads.GetAsync(_insula, "job", "killed");
        Assert.Equal((4, null), ((int)job["status"]!["succeeded"]!, (int?)job["status"]!["failed"]));
        Assert.Equal(4, (await Loads.AllPodsAsync(_insula, "killed")).Count);
        await Loads.DeleteAsync(_insula, "job", "killed");
    }

    [Fact]
    public async Task A_CronJob_makes_Jobs_when_they_are_due()
    {
        (await _insula.CliAsync("create", "cronjob", "tick", "--image", "busybox", "--schedule", "* * * * *", "--", "echo", "tick")).Succeeded();
        var cron = await Loads.WaitForAsync(_insula, "cronjob", "tick", c => c["status"]?["lastScheduleTime"] is not null, "a Job was due", TimeSpan.FromSeconds(75));
        var due = DateTimeOffset.Parse((string)cron["status"]!["lastScheduleTime"]!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(0, due.Second);
        var name = $"tick-{due.ToUnixTimeSeconds() / 60}";
        (await _insula.CliAsync("wait", $"job/{name}", "--for=condition=Complete", "--timeout=60s")).Succeeded();
        await Loads.WaitForAsync(_insula, "cronjob", "tick", c => c["status"]?["lastSuccessfulTime"] is not null, "its success is noted");

        // By hand, whatever the time.
        (await _insula.CliAsync("create", "job", "now", "--from", "cronjob/tick")).Succeeded();
        (await _insula.CliAsync("wait", "job/now", "--for=condition=Complete", "--timeout=60s")).Succeeded();
        (await _insula.CliAsync("delete", "cronjob", "tick")).Succeeded();
        await Eventually.TrueAsync(async () => (await _insula.Api.GetAsync("/apis/batch/v1/namespaces/default/jobs"))["items"]!.AsArray().All(j => !Loads.Name(j!).StartsWith("tick-", StringComparison.Ordinal)), "its Jobs are gone");
        (await _insula.CliAsync("delete", "job", "now", "--ignore-not-found")).Succeeded();
    }

    private static string Job(string name, string script, object spec) =>
        Loads.Manifest("batch/v1", "Job", name, spec, null, Loads.Template(name, script, pod: s_never));
}
