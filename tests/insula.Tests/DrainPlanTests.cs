using System.Text.Json.Nodes;
using Insula.Cli.Commands;

namespace Insula.Cli.Tests;

public sealed class DrainPlanTests
{
    private const string Static = "0f0f0f0f-0f0f-8f0f-8f0f-0f0f0f0f0f0f";

    [Fact]
    public void What_stands_against_it_is_told_all_at_once_with_the_options()
    {
        var plan = DrainPlan.Of([Pod("web", "ReplicaSet"), Pod("agent", "DaemonSet"), Pod("alone", null), Pod("cache", "ReplicaSet", emptyDir: true)], false, false, false);
        Assert.Equal(
            [
                "cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore): ns/agent",
                "cannot delete Pods with local storage (use --delete-emptydir-data to override): ns/cache",
                "cannot delete Pods that declare no controller (use --force to override): ns/alone",
            ],
            plan.Obstacles);
    }

    [Fact]
    public void What_was_allowed_goes_and_daemons_and_static_pods_stay()
    {
        var plan = DrainPlan.Of([Pod("web", "ReplicaSet"), Pod("agent", "DaemonSet"), Pod("alone", null), Pod("cache", "ReplicaSet", emptyDir: true), Pod("fixed", null, uid: Static)], true, true, true);
        Assert.Empty(plan.Obstacles);
        Assert.Equal(["web", "alone", "cache"], plan.Pods.Select(p => (string?)p["metadata"]!["name"]));
        Assert.Equal(["ignoring DaemonSet-managed Pods: ns/agent", "deleting Pods that declare no controller: ns/alone"], plan.Warnings);
    }

    [Fact]
    public void Pods_that_have_ended_go_without_questions()
    {
        var plan = DrainPlan.Of([Pod("done", null, emptyDir: true, phase: "Succeeded"), Pod("failed", "DaemonSet", phase: "Failed")], false, false, false);
        Assert.Empty(plan.Obstacles);
        Assert.Equal(2, plan.Pods.Count);
    }

    private static JsonObject Pod(string name, string? owner, bool emptyDir = false, string phase = "Running", string uid = "0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f") => new()
    {
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = "ns",
            ["uid"] = uid,
            ["ownerReferences"] = owner is null ? null : new JsonArray(new JsonObject { ["kind"] = owner, ["controller"] = true }),
        },
        ["spec"] = new JsonObject { ["volumes"] = emptyDir ? new JsonArray(new JsonObject { ["name"] = "v", ["emptyDir"] = new JsonObject() }) : null },
        ["status"] = new JsonObject { ["phase"] = phase },
    };
}
