using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Workloads;
using Insula.Workloads.CronJobs;

namespace Insula.Workloads.Tests.CronJobs;

public sealed class CronJobTests
{
    private const string Resource = "cronjobs.batch";
    private const string Jobs = "jobs.batch";
    private readonly World _world = new();

    [Fact]
    public void A_Job_is_made_when_it_is_due_and_only_then()
    {
        Add(new() { Schedule = "*/5 * * * *", TimeZone = "UTC" });
        Run();
        Assert.Empty(Made);
        Assert.Equal(_world.Now.AddMinutes(5), Decide().LookAgain);
        _world.Pass(300);
        Run();
        var job = Assert.Single(Made);
        Assert.Equal($"tick-{_world.Now.ToUnixTimeSeconds() / 60}", job.Metadata.Name);
        Assert.Equal("2026-01-01T12:05:00Z", job.Metadata.Annotations[WorkloadLabels.ScheduledTimestamp]);
        Assert.Equal("CronJob", job.Metadata.OwnerReferences.Single().Kind);
        Assert.Equal((_world.Now, job.Metadata.Name), (Cron.Status.LastScheduleTime, Cron.Status.Active.Single().Name));
        _world.Pass(60);
        Run();
        Assert.Single(Made);
    }

    [Theory]
    [InlineData("Allow", 2)]
    [InlineData("Forbid", 1)]
    [InlineData("Replace", 1)]
    public void While_one_runs_the_policy_says_what_becomes_of_the_next(string policy, int count)
    {
        Add(new() { Schedule = "* * * * *", ConcurrencyPolicy = policy });
        _world.Pass(60);
        Run();
        var first = Made.Single().Metadata.Name;
        _world.Pass(60);
        Run();
        Assert.Equal(count, Made.Count);
        Assert.Equal(policy != "Replace", Made.Any(j => j.Metadata.Name == first));
        if (policy == "Forbid")
        {
            // What was held back is made when the one before has ended.
            End(first);
            Run();
            Assert.Equal(2, Made.Count);
        }
    }

    [Fact]
    public void Of_missed_times_the_latest_is_made_up_for_unless_it_is_too_late()
    {
        Add(new() { Schedule = "0 * * * *" });
        _world.Pass((5 * 3600) + 1800);
        Run();
        Assert.Equal(_world.Now.AddMinutes(-30), Cron.Status.LastScheduleTime);
        Assert.Single(Made);

        _world.Change(Resource, "tick", d => d["spec"]!["startingDeadlineSeconds"] = 600);
        _world.Pass((3 * 3600) + 60);
        Run();
        Assert.Single(Made);
    }

    [Fact]
    public void Many_missed_times_are_said()
    {
        Add(new() { Schedule = "* * * * *" });
        _world.Pass(86400);
        Run();
        Assert.Single(Made);
        Assert.Contains(_world.Notes, n => n.Reason == "TooManyMissedTimes");
    }

    [Fact]
    public void Old_Jobs_are_forgotten_and_a_suspended_one_makes_none()
    {
        Add(new() { Schedule = "* * * * *", SuccessfulJobsHistoryLimit = 2 });
        for (var i = 0; i < 5; i++)
        {
            _world.Pass(60);
            Run();
            End(Made[^1].Metadata.Name);
            Run();
        }

        Assert.Equal(2, Made.Count);
        Assert.Empty(Cron.Status.Active);
        Assert.Equal(_world.Now, Cron.Status.LastSuccessfulTime);
        _world.Change(Resource, "tick", d => d["spec"]!["suspend"] = true);
        _world.Pass(600);
        Run();
        Assert.Equal(2, Made.Count);
    }

    [Fact]
    public void One_that_was_made_and_not_recorded_is_not_made_again()
    {
        Add(new() { Schedule = "* * * * *" });
        _world.Pass(60);
        var decision = Decide();
        _world.Do(Resource, "tick", decision with { Status = null });
        Assert.Null(Cron.Status.LastScheduleTime);
        End(Made.Single().Metadata.Name);
        Run();
        Assert.Single(Made);
        Assert.Equal(_world.Now, Cron.Status.LastScheduleTime);
    }

    private IReadOnlyList<Job> Made => _world.All<Job>(Jobs);

    private CronJob Cron => _world.Find<CronJob>(Resource, "tick")!;

    private void Add(CronJobSpec spec) => _world.Add(Resource, ApiJson.ToJson(new CronJob
    {
        Metadata = new() { Name = "tick", Uid = "uid-tick" },
        Spec = spec with { TimeZone = spec.TimeZone ?? "UTC", JobTemplate = new() { Spec = new JsonObject { ["template"] = World.Template("tick") } } },
    }));

    private void End(string job) => _world.Change(Jobs, job, d => d["status"] = new JsonObject
    {
        ["completionTime"] = TimeConverter.Format(_world.Now),
        ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Complete", ["status"] = "True" }),
    });

    private WorkloadDecision Decide() => CronJobController.Decide(Cron, Made, _world.Now);

    private void Run()
    {
        for (var i = 0; i < 20; i++)
        {
            var before = ApiJson.ToJson(Cron.Status);
            var decision = Decide();
            _world.Do(Resource, "tick", decision);
            if (decision.Changes.All(c => c is WorkloadChange.Tell) && JsonNode.DeepEquals(before, ApiJson.ToJson(Cron.Status)))
            {
                return;
            }
        }

        Assert.Fail("it comes to no end");
    }
}
