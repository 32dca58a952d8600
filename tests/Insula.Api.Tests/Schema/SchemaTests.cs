using System.Text.Json.Nodes;
using Insula.Api.Autoscaling;
using Insula.Api.Core;
using Insula.Api.Documentation;
using Insula.Api.Json;
using Insula.Api.Manifests;
using Insula.Api.Nodes;
using Insula.Api.Schema;
using Insula.Api.Workloads;

namespace Insula.Api.Tests.Schema;

public sealed class SchemaTests
{
    [Fact]
    public void What_the_table_supports_the_records_keep()
    {
        // A pod in which every supported or meaningless field is set survives the way through the records.
        var document = Sample(Schemas.For("Pod"), depth: 0);
        document["apiVersion"] = "v1";
        document["kind"] = "Pod";
        var decoded = ObjectDecoder.Decode(document);
        Assert.Empty(decoded.Errors);
        var back = ApiJson.ToJson(ApiJson.Read<Pod>(decoded.Object));
        var lost = Lost("", decoded.Object, back).Where(p => !p.StartsWith(".status", StringComparison.Ordinal)).ToList();
        Assert.Empty(lost);
    }

    [Theory]
    [InlineData("Service", "v1")]
    [InlineData("Endpoints", "v1")]
    [InlineData("EndpointSlice", "discovery.k8s.io/v1")]
    [InlineData("Deployment", "apps/v1")]
    [InlineData("ReplicaSet", "apps/v1")]
    [InlineData("StatefulSet", "apps/v1")]
    [InlineData("DaemonSet", "apps/v1")]
    [InlineData("ReplicationController", "v1")]
    [InlineData("Job", "batch/v1")]
    [InlineData("CronJob", "batch/v1")]
    [InlineData("HorizontalPodAutoscaler", "autoscaling/v2")]
    [InlineData("PodDisruptionBudget", "policy/v1")]
    [InlineData("PriorityClass", "scheduling.k8s.io/v1")]
    [InlineData("Node", "v1")]
    public void So_do_those_of_the_other_kinds(string kind, string version)
    {
        var document = Sample(Schemas.For(kind), depth: 0);
        document["apiVersion"] = version;
        document["kind"] = kind;
        var decoded = ObjectDecoder.Decode(document);
        Assert.Empty(decoded.Errors);
        var back = kind switch
        {
            "Service" => ApiJson.ToJson(ApiJson.Read<Service>(decoded.Object)),
            "Endpoints" => ApiJson.ToJson(ApiJson.Read<Endpoints>(decoded.Object)),
            "Deployment" => ApiJson.ToJson(ApiJson.Read<Deployment>(decoded.Object)),
            "ReplicaSet" => ApiJson.ToJson(ApiJson.Read<ReplicaSet>(decoded.Object)),
            "StatefulSet" => ApiJson.ToJson(ApiJson.Read<StatefulSet>(decoded.Object)),
            "DaemonSet" => ApiJson.ToJson(ApiJson.Read<DaemonSet>(decoded.Object)),
            "ReplicationController" => ApiJson.ToJson(ApiJson.Read<ReplicationController>(decoded.Object)),
            "Job" => ApiJson.ToJson(ApiJson.Read<Job>(decoded.Object)),
            "CronJob" => ApiJson.ToJson(ApiJson.Read<CronJob>(decoded.Object)),
            "PodDisruptionBudget" => ApiJson.ToJson(ApiJson.Read<Insula.Api.Disruptions.PodDisruptionBudget>(decoded.Object)),
            "HorizontalPodAutoscaler" => ApiJson.ToJson(ApiJson.Read<HorizontalPodAutoscaler>(decoded.Object)),
            "PriorityClass" => ApiJson.ToJson(ApiJson.Read<PriorityClass>(decoded.Object)),
            "Node" => ApiJson.ToJson(ApiJson.Read<Node>(decoded.Object)),
            _ => ApiJson.ToJson(ApiJson.Read<EndpointSlice>(decoded.Object)),
        };
        Assert.Empty(Lost("", decoded.Object, back));
    }

    [Fact]
    public void Every_field_is_documented_and_every_refusal_has_a_reason()
    {
        foreach (var (path, field) in ((string[])["Pod", "Service", "Endpoints", "EndpointSlice", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "ReplicationController", "Job", "CronJob", "HorizontalPodAutoscaler", "PodDisruptionBudget", "PriorityClass", "Node"]).SelectMany(kind => All(kind, Schemas.For(kind))))
        {
            Assert.False(string.IsNullOrWhiteSpace(field.Doc), path);
            Assert.True(field.Support == FieldSupport.Supported || field.Reason.Length > 0, path);
            Assert.True(field.RefusedValues.Keys.All(field.Allowed.Contains), path);
        }
    }

    [Fact]
    public void Explain_finds_fields_and_suggests()
    {
        Assert.True(Explain.TryText("pods.spec.containers.livenessProbe", recursive: false, out var text));
        Assert.Contains("FIELD: livenessProbe <Probe>", text, StringComparison.Ordinal);
        Assert.Contains("periodSeconds\t<integer>", text, StringComparison.Ordinal);
        Assert.True(Explain.TryText("pod.spec.volumes.nfs", recursive: false, out text));
        Assert.Contains("Refused:", text, StringComparison.Ordinal);
        Assert.False(Explain.TryText("pod.spec.contaners", recursive: false, out text));
        Assert.Contains("did you mean \"containers\"?", text, StringComparison.Ordinal);
        Assert.True(Explain.TryText("po", recursive: true, out text));
        Assert.Contains("mountPropagation", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= 100));
    }

    [Fact]
    public void The_documentation_shows_every_field_once()
    {
        var page = PodFieldDocs.Markdown();
        Assert.Contains("| `spec.containers[].livenessProbe.httpGet.port` | IntOrString | required |", page, StringComparison.Ordinal);
        Assert.Contains("| `spec.resourceClaims[]` | []PodResourceClaim | Refused: not supported yet |", page, StringComparison.Ordinal);
        Assert.DoesNotContain("spec.resourceClaims[].name", page, StringComparison.Ordinal);
        Assert.Contains("| `spec.ports[].targetPort` | IntOrString | yes |", page, StringComparison.Ordinal);
        foreach (var section in page.Split("\n## Fields of ").Skip(1))
        {
            var rows = section.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)).Select(l => l.Split('|')[1]).ToList();
            Assert.Equal(rows.Count, rows.Distinct().Count());
            Assert.NotEmpty(rows);
        }
    }

    private static JsonObject Sample(ObjectType type, int depth)
    {
        Assert.True(depth < 20, type.Name);
        var sample = new JsonObject();
        foreach (var field in type.Fields.Where(f => f.Support != FieldSupport.Refused))
        {
            JsonNode one = field.Type switch
            {
                FieldType.Text => field.Allowed.FirstOrDefault(a => !field.RefusedValues.ContainsKey(a) && a.Length > 0) ?? "x",
                FieldType.Integer or FieldType.Long or FieldType.IntOrString => 7,
                FieldType.Boolean => true,
                FieldType.Quantity => "3",
                FieldType.Time => "2026-01-01T00:00:00Z",
                FieldType.Object => Sample(field.ObjectType!, depth + 1),
                _ => new JsonArray("x"),
            };
            sample[field.Name] = field.Shape switch
            {
                FieldShape.List => new JsonArray(one),
                FieldShape.Map => new JsonObject { ["k"] = one },
                _ => one,
            };
        }

        return sample;
    }

    private static IEnumerable<string> Lost(string path, JsonNode? before, JsonNode? after) => (before, after) switch
    {
        (JsonObject old, JsonObject kept) => old.SelectMany(p => Lost($"{path}.{p.Key}", p.Value, kept[p.Key])),
        (JsonArray old, JsonArray kept) when old.Count == kept.Count => old.SelectMany((item, i) => Lost($"{path}[{i}]", item, kept[i])),
        _ => JsonNode.DeepEquals(before, after) ? [] : [path],
    };

    private static IEnumerable<(string Path, FieldInfo Field)> All(string prefix, ObjectType type) => type.Fields.SelectMany(f =>
        new[] { ($"{prefix}.{f.Name}", f) }.Concat(f.ObjectType is { } below ? All($"{prefix}.{f.Name}", below) : []));
}
