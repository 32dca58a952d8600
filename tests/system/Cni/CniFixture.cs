using System.Text.Json.Nodes;
using Insula.SystemTests.Harness;
using Insula.SystemTests.Network;

namespace Insula.SystemTests.Cni;

/// <summary>A daemon whose pods plug-ins connect, with a world outside; by the example's list, but for where addresses are written down.</summary>
public class CniFixture : OutsideFixture
{
    public CniFixture()
    {
        Plugins = new PluginDirectory();
        Plugins.Write("10-pods.conflist", List());
    }

    /// <summary>The lists, and the plug-ins of the test's own.</summary>
    internal PluginDirectory Plugins { get; }

    protected override string Options => Plugins.Options;

    public override async ValueTask DisposeAsync()
    {
        // The plug-in leaves its bridge for the next pod.
        await (Instance?.InNetworkAsync("ip", "link", "del", "cni0") ?? Task.FromResult<CommandResult>(null!));
        await base.DisposeAsync();
        Plugins.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>The list's text.</summary>
    protected virtual string List() => Local(JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "examples", "cni", "10-pods.conflist")))!);

    /// <summary>The same list, with addresses written down in the test's directory.</summary>
    protected string Local(JsonNode list)
    {
        foreach (var ipam in list["plugins"]!.AsArray().Select(p => p!["ipam"]).OfType<JsonObject>())
        {
            ipam["dataDir"] = Plugins.Addresses;
        }

        return list.ToJsonString();
    }
}
