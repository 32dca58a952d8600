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
    public async Task An_index_that_fails_too_often_is_left_also_when_the_daemon_dies_meanwhile()
    {
        const string Label = "batch.kubernetes.io/job-completion-index=1";
        await _insula.ApplyAsync(Job("left", "test $JOB_COMPLETION_INDEX != 1", new { completions = 3, parallelism = 3, completionMode = "Indexed", backoffLimitPerIndex = 1 }));
        await Loads.WaitForAsync(_insula, "job", "left", j => (string?)j["status"]?["completedIndexes"] == "0,2", "the others have succeeded");
        await _insula.KillDaemonAsync();
        await _insula.StartDaemonAsync();
        (await _insula.CliAsync("wait", "job/left", "--for=condition=Failed", "--timeout=60s")).Succeeded();
        var status = (await Loads.GetAsync(_insula, "job", "left"))["status"]!;
        Assert.Equal(("0,2", "1", 2, 2), ((string?)status["completedIndexes"], (string?)status["failedIndexes"], (int)status["succeeded"]!, (int)status["failed"]!));
        Assert.Equal("True FailedIndexes", Loads.Condition(await Loads.GetAsync(_insula, "job", "left"), "Failed"));
        var pods = (await _insula.Api.GetAsync($"/api/v1/namespaces/default/pods?labelSelector={Uri.EscapeDataString("batch.kubernetes.io/job-name=left," + Label)}"))["items"]!.AsArray();
        Assert.Equal(["0", "1"], pods.Select(p => (string?)p!["metadata"]!["annotations"]!["batch.kubernetes.io/job-index-failure-count"]).Order());
        Assert.All(pods, p => Assert.Null(p!["metadata"]!["finalizers"]));
        Assert.Contains("Failed Indexes", (await _insula.CliAsync("describe", "job", "left")).Succeeded(), StringComparison.Ordinal);
        await Loads.DeleteAsync(_insula, "job", "left");
    }

    [Fact]
    public async Task It_is_complete_with_some_indexes_and_the_others_are_ended_without_a_failure()
    {
        await _insula.ApplyAsync(Job("enough", "test $JOB_COMPLETION_INDEX = 2 || sleep 1000", new
        {
            completions = 3,
            parallelism = 3,
            completionMode = "Indexed",
            backoffLimit = 0,
            successPolicy = new { rules = new object[] { new { succeededIndexes = "0-1" }, new { succeededIndexes = "1-2", succeededCount = 1 } } },
        }, grace: 1));
        (await _insula.CliAsync("wait", "job/enough", "--for=condition=Complete", "--timeout=60s")).Succeeded();
        var job = await Loads.GetAsync(_insula, "job", "enough");
        Assert.Equal("True SuccessPolicy", Loads.Condition(job, "SuccessCriteriaMet"));
        Assert.Equal("Matched rules at index 1", (string?)job["status"]!["conditions"]!.AsArray().Single(c => (string?)c!["type"] == "Complete")!["message"]);
        Assert.Equal(("2", null, null), ((string?)job["status"]!["completedIndexes"], (int?)job["status"]!["failed"], (int?)job["status"]!["terminating"]));
        await Eventually.GetAsync(() => Loads.AllPodsAsync(_insula, "enough"), pods => pods.Count == 1, "only the pod that succeeded is left");
        await Loads.DeleteAsync(_insula, "job", "enough");
    }

    [Fact]
    public async Task A_pod_that_is_ending_is_replaced_when_it_has_ended()
    {
        await _insula.ApplyAsync(Job("patient", "trap : TERM; while :; do sleep 1; done", new { podReplacementPolicy = "Failed" }, grace: 5));
        await Loads.WaitForAsync(_insula, "job", "patient", j => (int?)j["status"]?["ready"] == 1, "its pod runs");
        var first = Loads.Name(Assert.Single(await Loads.AllPodsAsync(_insula, "patient")));
        (await _insula.CliAsync("delete", "pod", first, "--wait=false")).Succeeded();
        await Loads.WaitForAsync(_insula, "job", "patient", j => (int?)j["status"]?["terminating"] == 1, "it is seen to end");
        var pods = await Loads.AllPodsAsync(_insula, "patient");
        Assert.False(pods.Count > 1 && pods.Any(p => Loads.Name(p) == first && (string?)p["status"]!["phase"] == "Running"), "it was replaced before it had ended");
        await Loads.WaitForAsync(_insula, "job", "patient", j => (int?)j["status"]?["active"] == 1 && (int?)j["status"]?["failed"] == 1, "it is replaced", TimeSpan.FromSeconds(60));
        await Loads.DeleteAsync(_insula, "job", "patient");
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

    private static string Job(string name, string script, object spec, int? grace = null) =>
        Loads.Manifest("batch/v1", "Job", name, spec, null, Loads.Template(name, script, pod: grace is null ? s_never : new { restartPolicy = "Never", terminationGracePeriodSeconds = grace }));
}
