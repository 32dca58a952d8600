using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Limits;
using Insula.Api.Pods;
using Insula.Api.Storage;

namespace Insula.Api.Tests.Limits;

public sealed class LimitRangeTests
{
    [Fact]
    public void Containers_get_what_they_have_not_and_the_annotation_tells()
    {
        var pod = Filled(Range("""{"type":"Container","default":{"cpu":"500m","memory":"64Mi"},"defaultRequest":{"cpu":"100m"}}"""),
            """{"containers":[{"name":"a"},{"name":"b","resources":{"limits":{"cpu":"1"}}}],"initContainers":[{"name":"i","resources":{"requests":{"memory":"1Mi"}}}]}""");
        Assert.Equal("""{"requests":{"cpu":"100m","memory":"64Mi"},"limits":{"cpu":"500m","memory":"64Mi"}}""", Sorted(pod["spec"]!["containers"]![0]!["resources"]!));
        Assert.Equal("""{"requests":{"cpu":"1","memory":"64Mi"},"limits":{"cpu":"1","memory":"64Mi"}}""", Sorted(pod["spec"]!["containers"]![1]!["resources"]!));
        Assert.Equal("""{"requests":{"cpu":"100m","memory":"1Mi"},"limits":{"cpu":"500m","memory":"64Mi"}}""", Sorted(pod["spec"]!["initContainers"]![0]!["resources"]!));
        Assert.Equal(
            "LimitRanger plugin set: cpu, memory request for container a; cpu, memory limit for container a; memory request for container b; memory limit for container b; cpu request for init container i; cpu, memory limit for init container i",
            (string?)pod["metadata"]!["annotations"]![LimitRangeAdmission.Annotation]);
    }

    [Theory]
    [InlineData("""{"type":"Container","max":{"cpu":"1"}}""", """{"type":"Container","max":{"cpu":"1"},"default":{"cpu":"1"},"defaultRequest":{"cpu":"1"}}""")]
    [InlineData("""{"type":"Container","min":{"cpu":"1"}}""", """{"type":"Container","min":{"cpu":"1"},"defaultRequest":{"cpu":"1"}}""")]
    [InlineData("""{"type":"Container","min":{"cpu":"1"},"default":{"cpu":"2"}}""", """{"type":"Container","min":{"cpu":"1"},"default":{"cpu":"2"},"defaultRequest":{"cpu":"2"}}""")]
    [InlineData("""{"type":"Pod","max":{"cpu":"1"}}""", """{"type":"Pod","max":{"cpu":"1"}}""")]
    public void What_it_does_not_say_follows_from_what_it_says(string item, string filled) =>
        Assert.Equal($"[{filled}]", LimitRangeDefaults.Apply(new JsonObject { ["spec"] = new JsonObject { ["limits"] = new JsonArray(JsonNode.Parse(item)) } })["spec"]!["limits"]!.ToJsonString());

    [Theory]
    [InlineData("""{"type":"Container","max":{"cpu":"1"}}""", "{}", "maximum cpu usage per Container is 1.  No limit is specified")]
    [InlineData("""{"type":"Container","max":{"cpu":"1"}}""", """{"limits":{"cpu":"1500m"}}""", "maximum cpu usage per Container is 1, but limit is 1500m")]
    [InlineData("""{"type":"Container","max":{"cpu":"1"}}""", """{"limits":{"cpu":"1"}}""", null)]
    [InlineData("""{"type":"Container","min":{"memory":"10Mi"}}""", "{}", "minimum memory usage per Container is 10Mi.  No request is specified")]
    [InlineData("""{"type":"Container","min":{"memory":"10Mi"}}""", """{"requests":{"memory":"1Mi"}}""", "minimum memory usage per Container is 10Mi, but request is 1Mi")]
    [InlineData("""{"type":"Container","min":{"memory":"10Mi"}}""", """{"requests":{"memory":"10Mi"}}""", null)]
    [InlineData("""{"type":"Container","maxLimitRequestRatio":{"cpu":"2"}}""", """{"requests":{"cpu":"100m"},"limits":{"cpu":"250m"}}""", "cpu max limit to request ratio per Container is 2, but provided ratio is 2.500000")]
    [InlineData("""{"type":"Container","maxLimitRequestRatio":{"cpu":"2500m"}}""", """{"requests":{"cpu":"100m"},"limits":{"cpu":"250m"}}""", null)]
    [InlineData("""{"type":"Container","maxLimitRequestRatio":{"cpu":"2"}}""", """{"limits":{"cpu":"250m"}}""", "cpu max limit to request ratio per Container is 2, but no request is specified or request is 0")]
    [InlineData("""{"type":"Container","maxLimitRequestRatio":{"memory":"2"}}""", """{"requests":{"memory":"1"},"limits":{"memory":"9000000000000000000"}}""", "memory max limit to request ratio per Container is 2, but provided ratio is 9000000000000000000.000000")]
    [InlineData("""{"type":"Pod","max":{"cpu":"1"}}""", """{"limits":{"cpu":"600m"}}""", "maximum cpu usage per Pod is 1, but limit is 1200m")]
    public void What_is_against_a_pod_is_told_as_Kubernetes_tells_it(string item, string resources, string? why)
    {
        var second = item.Contains("Pod", StringComparison.Ordinal) ? $$""",{"name":"b","resources":{{resources}}}""" : "";
        var pod = ApiJson.Read<Pod>($$$"""{"spec":{"containers":[{"name":"a","resources":{{{resources}}}}{{{second}}}]}}""");
        Assert.Equal(why is null ? [] : [why], LimitRangeAdmission.Complaints(Range(item), pod));
    }

    [Theory]
    [InlineData("1Gi", null)]
    [InlineData("3Gi", "maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi")]
    [InlineData("1Mi", "minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi")]
    public void Claims_are_judged_by_the_storage_they_request(string storage, string? why)
    {
        var claim = ApiJson.Read<PersistentVolumeClaim>($$$$$"""{"spec":{"resources":{"requests":{"storage":"{{{{{storage}}}}}"}}}}""");
        Assert.Equal(why is null ? [] : [why], LimitRangeAdmission.Complaints(Range("""{"type":"PersistentVolumeClaim","min":{"storage":"1Gi"},"max":{"storage":"2Gi"}}"""), claim));
    }

    [Theory]
    [InlineData("""{"type":"Container","min":{"cpu":"2"},"max":{"cpu":"1"}}""", "spec.limits[0].min[cpu]", "min value 2 is greater than max value 1")]
    [InlineData("""{"type":"Container","default":{"cpu":"2"},"max":{"cpu":"1"}}""", "spec.limits[0].default[cpu]", "default value 2 is greater than max value 1")]
    [InlineData("""{"type":"Container","defaultRequest":{"cpu":"2"},"default":{"cpu":"1"}}""", "spec.limits[0].defaultRequest[cpu]", "default request value 2 is greater than default limit value 1")]
    [InlineData("""{"type":"Container","maxLimitRequestRatio":{"cpu":"500m"}}""", "spec.limits[0].maxLimitRequestRatio[cpu]", "ratio 500m is less than 1")]
    [InlineData("""{"type":"Pod","default":{"cpu":"1"}}""", "spec.limits[0].default", "may not be specified when `type` is 'Pod'")]
    [InlineData("""{"type":"PersistentVolumeClaim"}""", "spec.limits[0].limits", "either minimum or maximum storage value is required, but neither was provided")]
    [InlineData("""{"type":"Container","max":{"nvidia.com/gpu":"1"}}""", "spec.limits[0].max[nvidia.com/gpu]", "not supported: only cpu, memory, ephemeral-storage and hugepages-SIZE are")]
    [InlineData("""{"type":"Pod","max":{"hugepages-2MB":"1"}}""", "spec.limits[0].max[hugepages-2MB]", "not supported: only cpu, memory, ephemeral-storage and hugepages-SIZE are")]
    [InlineData("""{"type":"PersistentVolumeClaim","max":{"hugepages-2Mi":"1"}}""", "spec.limits[0].max[hugepages-2Mi]", "not supported: only storage is")]
    [InlineData("""{"type":"Container","default":{"hugepages-2Mi":"4Mi"},"defaultRequest":{"hugepages-2Mi":"2Mi"}}""", "spec.limits[0].defaultRequest[hugepages-2Mi]", "default value 4Mi must equal to defaultRequest value 2Mi in hugepages-2Mi")]
    [InlineData("""{"type":"Pod"},{"type":"Pod"}""", "spec.limits[1].type", "Pod")]
    public void What_is_wrong_with_one_is_told_by_field(string items, string path, string why)
    {
        var errors = LimitRangeValidation.Validate(Range(items));
        Assert.Contains(errors, e => e.Path == path && e.ToString().Contains(why, StringComparison.Ordinal));
    }

    /// <summary>Who has been given what a valid range gives, and no more, has nothing against it in the range.</summary>
    [Fact]
    public void What_a_range_gives_it_accepts() => Prop.ForAll(
        Gen.Choose(0, 4).ArrayOf(4).ToArbitrary(),
        picks =>
        {
            string[] names = ["min", "max", "default", "defaultRequest"];
            var item = new JsonObject { ["type"] = "Container" };
            foreach (var (name, pick) in names.Zip(picks).Where(p => p.Second > 0))
            {
                item[name] = new JsonObject { ["cpu"] = $"{pick * 100}m" };
            }

            var range = Range(item.ToJsonString());
            var pod = Filled(range, """{"containers":[{"name":"a"}]}""");
            var complaints = LimitRangeAdmission.Complaints(range, ApiJson.Read<Pod>(pod));
            return LimitRangeValidation.Validate(range).Count > 0 || complaints.Count == 0;
        }).Check(Config.QuickThrowOnFailure);

    private static LimitRange Range(string items) => ApiJson.Read<LimitRange>(LimitRangeDefaults.Apply(
        JsonNode.Parse($$$"""{"metadata":{"name":"r","namespace":"n"},"spec":{"limits":[{{{items}}}]}}""")!.AsObject()));

    private static JsonObject Filled(LimitRange range, string spec)
    {
        var pod = PodDefaults.Apply(JsonNode.Parse($$$"""{"metadata":{"name":"p"},"spec":{{{spec}}}}""")!.AsObject());
        LimitRangeAdmission.Fill(range, pod);
        return pod;
    }

    private static string Sorted(JsonNode resources) => new JsonObject(((string[])["requests", "limits"]).Select(part => KeyValuePair.Create<string, JsonNode?>(
        part, new JsonObject(resources[part]!.AsObject().OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => KeyValuePair.Create(a.Key, a.Value?.DeepClone())))))).ToJsonString();
}
