using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Nodes;
using Insula.Api.Pods;
using Insula.Api.Printing;
using Insula.Api.Values;

namespace Insula.Cli.Output;

/// <summary>The machine in words, in the order of kubectl describe, with what its pods request and may use.</summary>
internal static class NodeDescription
{
    private static readonly string[] s_resources = ["cpu", "memory"];

    /// <param name="output">Where to write.</param>
    /// <param name="document">The Node.</param>
    /// <param name="pods">All pods.</param>
    /// <param name="now">The time ages are counted to.</param>
    public static void Write(TextWriter output, JsonObject document, IEnumerable<JsonObject> pods, DateTimeOffset now)
    {
        var at = new Outline(output);
        var node = ApiJson.Read<Node>(document);
        at.Field("Name", node.Metadata.Name);
        at.Field("Roles", null);
        at.Fields("Labels", node.Metadata.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));
        at.Fields("Annotations", node.Metadata.Annotations.OrderBy(a => a.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));
        at.Field("Created", (string?)document["metadata"]?["creationTimestamp"]);
        at.Fields("Taints", node.Spec.Taints.Select(t => t.ToString()));
        at.Field("Unschedulable", node.Spec.Unschedulable ? "true" : "false");
        output.WriteLine("Conditions:");
        TextTable.WriteUnderlined(output, "  ", ["Type", "Status", "LastHeartbeatTime", "LastTransitionTime", "Reason", "Message"], node.Status.Conditions.Select(c => (string[])
            [c.Type, c.Status, Time(c.LastHeartbeatTime), Time(c.LastTransitionTime), c.Reason ?? "", c.Message ?? ""]));
        var addresses = at.Section("Addresses");
        foreach (var address in node.Status.Addresses)
        {
            addresses.Field(address.Type, address.Address);
        }

        List(at.Section("Capacity"), node.Status.Capacity);
        List(at.Section("Allocatable"), node.Status.Allocatable);
        System(at.Section("System Info"), node.Status.NodeInfo);
        at.Field("PodCIDR", node.Spec.PodCidr);
        at.Field("PodCIDRs", string.Join(',', node.Spec.PodCidrs));
        Pods(output, node, [.. pods.Select(p => ApiJson.Read<Pod>(p)).Where(p => p.Status.Phase is not (PodPhases.Succeeded or PodPhases.Failed))], now);
    }

    private static void System(Outline at, NodeSystemInfo info)
    {
        at.Field("Machine ID", info.MachineId);
        at.Field("System UUID", info.SystemUuid);
        at.Field("Boot ID", info.BootId);
        at.Field("Kernel Version", info.KernelVersion);
        at.Field("OS Image", info.OsImage);
        at.Field("Operating System", info.OperatingSystem);
        at.Field("Architecture", info.Architecture);
        at.Field("Container Runtime", info.ContainerRuntimeVersion);
        at.Field("Daemon Version", info.KubeletVersion);
    }

    // A pod that waits for a place has claimed nothing yet.
    private static void Pods(TextWriter output, Node node, List<Pod> pods, DateTimeOffset now)
    {
        var placed = pods.Where(p => !p.Status.Conditions.Any(c => c is { Type: PodConditionTypes.PodScheduled, Status: ConditionStatuses.False })).ToList();
        output.WriteLine($"Non-terminated Pods:          ({placed.Count} in total{(pods.Count > placed.Count ? $", and {pods.Count - placed.Count} that wait for a place" : "")})");
        TextTable.WriteUnderlined(output, "  ", ["Namespace", "Name", "CPU Requests", "CPU Limits", "Memory Requests", "Memory Limits", "Age"], placed
            .OrderBy(p => p.Metadata.Namespace, StringComparer.Ordinal).ThenBy(p => p.Metadata.Name, StringComparer.Ordinal)
            .Select(p => (string[])
            [
                p.Metadata.Namespace ?? "", p.Metadata.Name,
                .. s_resources.SelectMany(r => (string[])[Share(node, r, PodResources.Counted(p, r)), Share(node, r, PodResources.Limited(p.Spec, r))]),
                HumanDuration.Since(p.Metadata.CreationTimestamp, now),
            ]));
        output.WriteLine("Allocated resources:");
        output.WriteLine("  (Total limits may be over 100 percent, i.e., overcommitted.)");
        TextTable.WriteUnderlined(output, "  ", ["Resource", "Requests", "Limits"], Totalled(node).Select(r => (string[])
            [r, Share(node, r, placed.Sum(p => PodResources.Counted(p, r))), Share(node, r, placed.Sum(p => PodResources.Limited(p.Spec, r)))]));
    }

    private static IEnumerable<string> Totalled(Node node) =>
        [.. s_resources, PodResources.EphemeralStorage, .. node.Status.Capacity.Keys.Where(HugePages.Is).Order(StringComparer.Ordinal)];

    private static string Share(Node node, string resource, long amount)
    {
        var all = PodResources.Amount(node.Status.Allocatable, resource) ?? 0;
        return string.Create(CultureInfo.InvariantCulture, $"{PodResources.Quantity(resource, amount)} ({(all == 0 ? 0 : (long)((double)amount / all * 100))}%)");
    }

    private static void List(Outline at, IReadOnlyDictionary<string, Quantity> amounts)
    {
        foreach (var (name, amount) in amounts.OrderBy(a => a.Key, StringComparer.Ordinal))
        {
            at.Field(name, amount.ToString());
        }
    }

    private static string Time(DateTimeOffset? time) => time is { } at ? TimeConverter.Format(at) : "";
}
