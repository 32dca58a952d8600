using System.Text.Json.Nodes;
using Insula.Api.Ingresses;

namespace Insula.Api.Printing;

/// <summary>The cells of Ingresses, as kubectl shows them: those between name and age.</summary>
internal static class IngressCells
{
    private const int MostHosts = 3;

    public static JsonNode?[] Of(Ingress ingress) =>
    [
        IngressWords.ClassOf(ingress) ?? "<none>",
        Hosts([.. ingress.Spec.Rules.Select(r => r.Host ?? "").Where(h => h.Length > 0)]),
        string.Join(',', ingress.Status.LoadBalancer.Ingress.Select(a => a.Ip ?? a.Hostname ?? "").Where(a => a.Length > 0)),
        ingress.Spec.Tls.Count > 0 ? "80, 443" : "80",
    ];

    private static string Hosts(IReadOnlyList<string> hosts) =>
        hosts.Count == 0 ? "*"
        : hosts.Count <= MostHosts ? string.Join(',', hosts)
        : $"{string.Join(',', hosts.Take(MostHosts))} + {hosts.Count - MostHosts} more...";
}
