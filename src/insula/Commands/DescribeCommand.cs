using System.CommandLine;
using System.Text.Json.Nodes;
using Insula.Cli.Client;
using Insula.Cli.Output;

namespace Insula.Cli.Commands;

/// <summary><c>insula describe</c>: an object in words, with its events.</summary>
internal static class DescribeCommand
{
    public static Command Create()
    {
        var what = new Argument<string[]>("what") { Description = "KIND NAME…, KIND/NAME…, or KIND for all of it", Arity = ArgumentArity.OneOrMore }.TakesKindsAndNames();
        var selector = Common.Selector();
        var timing = new Option<bool>("--timing") { Description = "of pods, also show how long each step of the latest start took" };
        var command = new Command("describe", "show objects in detail, with what happened to them") { what, selector, timing };
        command.SetAction(async (parsed, ct) =>
        {
            using var client = parsed.Client();
            var words = parsed.GetValue(what)!;
            var first = true;
            foreach (var (type, names) in await Targets.ParseAsync(client, words, ct))
            {
                var targets = names.Count > 0
                    ? [.. names.Select(name => new ObjectTarget(type, type.Namespaced ? parsed.NamespaceName() : null, name, []))]
                    : await Targets.ResolveAsync(
                        client, [type.Plural], parsed.NamespaceName(), parsed.GetValue(selector),
                        all: parsed.GetValue(selector) is null, allNamespaces: false, ct);
                foreach (var target in targets)
                {
                    if (!first)
                    {
                        await Console.Out.WriteLineAsync("\n");
                    }

                    first = false;
                    await DescribeAsync(client, target, parsed.GetValue(timing), ct);
                }
            }

            return 0;
        });
        return command;
    }

    private static async Task DescribeAsync(ApiClient client, ObjectTarget target, bool timing, CancellationToken ct)
    {
        var item = await client.GetAsync(target.Path, ct);
        if (target.Type.Kind == "Pod")
        {
            // Short, since somebody waits; the periods of a CPU limit are a tenth of a second. Null: the pod has just gone.
            var use = IsRunning(item) ? await client.FindAsync(TopCommand.Path(target.Namespace ?? "default", target.Name, "500ms"), ct) : null;
            PodDescription.Write(new Outline(Console.Out), item, use);
            if (timing)
            {
                var path = $"/apis/insula.dev/v1/namespaces/{Uri.EscapeDataString(target.Namespace ?? "default")}/podtimings/{Uri.EscapeDataString(target.Name)}";
                Timing.Write(Console.Out, (await client.FindAsync(path, ct))?["steps"]?.AsArray() ?? []);
            }
        }
        else if (target.Type.Kind is "ConfigMap" or "Secret")
        {
            ConfigDescription.Write(new Outline(Console.Out), item);
        }
        else if (target.Type.Kind is "Service")
        {
            var label = Uri.EscapeDataString($"kubernetes.io/service-name={target.Name}");
            var space = Uri.EscapeDataString(target.Namespace ?? "default");
            var slices = await client.FindAsync($"/apis/discovery.k8s.io/v1/namespaces/{space}/endpointslices?labelSelector={label}", ct);
            ServiceDescription.Write(new Outline(Console.Out), item, slices?["items"]?.AsArray() ?? []);
        }
        else if (WorkloadDescription.Knows(target.Type.Kind))
        {
            WorkloadDescription.Write(new Outline(Console.Out), target.Type.Kind, item, await OwnedAsync(client, target, (string?)item["metadata"]?["uid"], ct));
        }
        else if (target.Type.Kind is "Ingress")
        {
            var slices = await client.FindAsync($"/apis/discovery.k8s.io/v1/namespaces/{Uri.EscapeDataString(target.Namespace ?? "default")}/endpointslices", ct);
            var services = await client.FindAsync($"/api/v1/namespaces/{Uri.EscapeDataString(target.Namespace ?? "default")}/services", ct);
            IngressDescription.Write(new Outline(Console.Out), item, services?["items"]?.AsArray() ?? [], slices?["items"]?.AsArray() ?? []);
        }
        else if (target.Type.Kind == "HorizontalPodAutoscaler")
        {
            AutoscalerDescription.Write(new Outline(Console.Out), item);
        }
        else if (target.Type.Kind == "PodDisruptionBudget")
        {
            BudgetDescription.Write(new Outline(Console.Out), Api.Json.ApiJson.Read<Api.Disruptions.PodDisruptionBudget>(item));
        }
        else if (StorageDescription.Knows(target.Type.Kind))
        {
            StorageDescription.Write(new Outline(Console.Out), target.Type.Kind, item, target.Type.Kind == "PersistentVolumeClaim" ? await UsersAsync(client, target, ct) : []);
        }
        else if (target.Type.Kind is "Node")
        {
            var pods = await client.GetAsync("/api/v1/pods", ct);
            NodeDescription.Write(Console.Out, item, (pods["items"] as JsonArray ?? []).OfType<JsonObject>(), DateTimeOffset.UtcNow);
        }
        else if (target.Type.Kind is "ResourceQuota")
        {
            QuotaDescription.Write(Console.Out, Api.Json.ApiJson.Read<Api.Quotas.ResourceQuota>(item));
        }
        else if (target.Type.Kind is "LimitRange")
        {
            QuotaDescription.Write(Console.Out, Api.Json.ApiJson.Read<Api.Limits.LimitRange>(item));
        }
        else if (target.Type.Kind is "Namespace")
        {
            var path = $"/api/v1/namespaces/{Uri.EscapeDataString(target.Name)}";
            var quotas = (await client.GetAsync($"{path}/resourcequotas", ct))["items"] as JsonArray ?? [];
            var ranges = (await client.GetAsync($"{path}/limitranges", ct))["items"] as JsonArray ?? [];
            QuotaDescription.Write(
                Console.Out, item, [.. quotas.Select(q => Api.Json.ApiJson.Read<Api.Quotas.ResourceQuota>(q!))], [.. ranges.Select(r => Api.Json.ApiJson.Read<Api.Limits.LimitRange>(r!))]);
        }
        else
        {
            // Other kinds have no prose of their own: their document says it all.
            YamlWriter.Write(Console.Out, item);
        }

        if (target.Type.Kind == "Event")
        {
            return;
        }

        var about = Uri.EscapeDataString($"involvedObject.kind={target.Type.Kind},involvedObject.name={target.Name}");
        var ns = target.Namespace ?? "default";
        var events = await client.GetAsync($"/api/v1/namespaces/{Uri.EscapeDataString(ns)}/events?fieldSelector={about}", ct);
        var uid = (string?)item["metadata"]?["uid"];
        var list = EventList.InOrder(events["items"]?.AsArray() ?? [])
            .Where(e => (string?)e["involvedObject"]?["uid"] is not { } other || other == uid || (target.Type.Kind == "Node" && other == target.Name)).ToList();
        if (list.Count == 0)
        {
            await Console.Out.WriteLineAsync("Events:  <none>");
            return;
        }

        await Console.Out.WriteLineAsync("Events:");
        var table = EventList.Table(withNamespace: false, withObject: false);
        list.ForEach(e => table.Add(EventList.Cells(e, withNamespace: false, withObject: false)));
        await using var indented = new StringWriter();
        table.WriteTo(indented);
        foreach (var line in indented.ToString().TrimEnd('\n').Split('\n'))
        {
            await Console.Out.WriteLineAsync("  " + line.TrimEnd());
        }
    }

    /// <summary>The pods that name a claim.</summary>
    private static async Task<IReadOnlyList<string>> UsersAsync(ApiClient client, ObjectTarget claim, CancellationToken ct)
    {
        var pods = await client.GetAsync($"/api/v1/namespaces/{Uri.EscapeDataString(claim.Namespace ?? "default")}/pods", ct);
        return [.. (pods["items"] as JsonArray ?? [])
            .Where(pod => (pod?["spec"]?["volumes"] as JsonArray ?? []).Any(v => (string?)v?["persistentVolumeClaim"]?["claimName"] == claim.Name))
            .Select(pod => (string?)pod?["metadata"]?["name"] ?? "")];
    }

    /// <summary>What a workload owns, each in a line.</summary>
    private static async Task<IReadOnlyList<(string Name, string Text)>> OwnedAsync(ApiClient client, ObjectTarget target, string? uid, CancellationToken ct)
    {
        var space = Uri.EscapeDataString(target.Namespace ?? "default");
        var path = target.Type.Kind switch
        {
            "Deployment" => $"/apis/apps/v1/namespaces/{space}/replicasets",
            "CronJob" => $"/apis/batch/v1/namespaces/{space}/jobs",
            _ => $"/api/v1/namespaces/{space}/pods",
        };
        var owned = (await client.GetAsync(path, ct))["items"]!.AsArray().OfType<JsonObject>()
            .Where(o => (o["metadata"]?["ownerReferences"] as JsonArray ?? []).Any(r => (string?)r?["uid"] == uid));
        return
        [
            .. owned.Select(o => ((string)o["metadata"]!["name"]!, target.Type.Kind switch
            {
                "Deployment" => $"{o["status"]?["replicas"] ?? 0} of {o["spec"]?["replicas"]} replicas, revision {o["metadata"]?["annotations"]?[Api.Workloads.WorkloadLabels.Revision]}",
                "CronJob" => $"{o["status"]?["succeeded"] ?? 0} succeeded, {o["status"]?["failed"] ?? 0} failed, since {o["metadata"]?["creationTimestamp"]}",
                _ => Api.Printing.PodSummary.Of(Api.Json.ApiJson.Read<Api.Core.Pod>(o)) is var pod ? $"{pod.Ready}/{pod.Total} ready, {pod.Status}, {pod.Restarts} restarts" : "",
            })),
        ];
    }

    private static bool IsRunning(JsonObject pod) =>
        (pod["status"]?["containerStatuses"]?.AsArray() ?? []).Any(container => container?["state"]?["running"] is not null);
}
