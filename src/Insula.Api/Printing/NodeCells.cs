using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Nodes;

namespace Insula.Api.Printing;

/// <summary>The machine's cells in tables, as kubectl shows them.</summary>
internal static class NodeCells
{
    private const string None = "<none>";

    public static string Status(Node node)
    {
        var ready = node.Status.Conditions.FirstOrDefault(c => c.Type == "Ready")?.Status switch
        {
            ConditionStatuses.True => "Ready",
            null => "Unknown",
            _ => "NotReady",
        };
        return node.Spec.Unschedulable ? ready + ",SchedulingDisabled" : ready;
    }

    /// <summary>Version, addresses, system, kernel, runtime.</summary>
    public static IEnumerable<JsonNode?> Rest(Node node)
    {
        var info = node.Status.NodeInfo;
        return
        [
            info.KubeletVersion,
            node.Status.Addresses.FirstOrDefault(a => a.Type == "InternalIP")?.Address ?? None,
            None,
            info.OsImage,
            info.KernelVersion,
            info.ContainerRuntimeVersion,
        ];
    }
}
