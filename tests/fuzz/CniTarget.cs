using System.Text;
using System.Text.Json.Nodes;
using Insula.Network.Cni;

namespace Insula.Fuzz;

/// <summary>What others write of CNI networks: the first byte chooses among lists, results, errors and versions, the rest is the text.</summary>
internal static class CniTarget
{
    public static void Cni(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }

        var text = Encoding.UTF8.GetString(input.AsSpan(1));
        try
        {
            switch (input[0] % 4)
            {
                case 0:
                    var list = CniList.Parse(text);
                    var again = CniList.Read(JsonNode.Parse(list.Json.ToJsonString())!.AsObject());
                    Targets.Check(again.Name == list.Name && again.Plugins.Count == list.Plugins.Count, "a list that is written down is the same list");
                    foreach (var plugin in list.Plugins)
                    {
                        Targets.Check(!plugin.Type.Contains('/', StringComparison.Ordinal), "a plug-in is in the directory of plug-ins");
                        _ = CniChain.Configuration(list, plugin, "1.0.0", [], null).ToJsonString();
                    }

                    break;
                case 1:
                    var result = CniResult.Read(JsonReading.Object(text, "the answer"), "1.0.0");
                    Targets.Check(result.Addresses.Count <= 2, "a pod has an address of each family");
                    Targets.Check(result.Dns is not { } dns || dns.Render().Split('\n').Length <= dns.Nameservers.Count + 3, "a resolv.conf has no line but its own");
                    break;
                case 2:
                    Targets.Check(CniAnswers.Error("it", text)?.Message.Any(char.IsControl) != true, "an error can be shown");
                    break;
                default:
                    _ = CniAnswers.Versions(text);
                    break;
            }
        }
        catch (CniException e)
        {
            Targets.Check(!e.Message.Any(char.IsControl), "a refusal can be shown");
        }
    }
}
