using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Nodes;

namespace Insula.Api.Tests.Nodes;

public sealed class CordonTests
{
    [Theory]
    [InlineData("""{"unschedulable":true}""", """[{"key":"node.kubernetes.io/unschedulable","effect":"NoSchedule"}]""")]
    [InlineData("""{"unschedulable":true,"taints":[{"key":"node.kubernetes.io/unschedulable","effect":"NoSchedule","timeAdded":"2026-01-01T00:00:00Z"}]}""", """[{"key":"node.kubernetes.io/unschedulable","effect":"NoSchedule"}]""")]
    [InlineData("""{"taints":[{"key":"node.kubernetes.io/unschedulable","effect":"NoSchedule"}]}""", null)]
    [InlineData("""{"unschedulable":false,"taints":[{"key":"mine","effect":"NoSchedule"}]}""", """[{"key":"mine","effect":"NoSchedule"}]""")]
    [InlineData("{}", null)]
    public void The_taint_says_what_the_field_says(string spec, string? taints)
    {
        var node = new JsonObject { ["spec"] = JsonNode.Parse(spec) };
        Cordon.Mark(node);
        Assert.Equal(taints, node["spec"]!["taints"]?.ToJsonString());
        Cordon.Mark(node);
        Assert.Equal(taints, node["spec"]!["taints"]?.ToJsonString());
    }

    [Theory]
    [InlineData("""[{"operator":"Exists"}]""", true)]
    [InlineData("""[{"key":"node.kubernetes.io/unschedulable"}]""", true)]
    [InlineData("""[{"key":"node.kubernetes.io/unschedulable","operator":"Equal","value":""}]""", true)]
    [InlineData("""[{"key":"node.kubernetes.io/unschedulable","operator":"Equal","value":"x"}]""", false)]
    [InlineData("""[{"key":"other","operator":"Exists"},{"key":"node.kubernetes.io/unschedulable","operator":"Exists","effect":"NoExecute"}]""", false)]
    [InlineData("""[{"value":""}]""", false)]
    [InlineData("[]", false)]
    public void A_toleration_must_meet_it(string tolerations, bool isMet) => Assert.Equal(isMet, Cordon.IsTolerated(ApiJson.Read<PodSpec>($$"""{"tolerations":{{tolerations}}}""").Tolerations));

    [Fact]
    public void Taints_of_ones_own_are_refused_by_path()
    {
        var node = new Node { Metadata = new() { Name = "m" }, Spec = new() { Taints = [new() { Key = Cordon.Key, Effect = Cordon.Effect }, new() { Key = "mine", Effect = "NoExecute" }] } };
        Assert.Equal("spec.taints[1]", Assert.Single(NodeValidation.Validate(node)).Path);
    }
}
