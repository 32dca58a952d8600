using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Pods;

namespace Insula.Api.Tests.Pods;

public sealed class PodUpdateTests
{
    private static readonly Pod _pod = PodDefaults.Apply(PodValidationTests.Pod("{nodeName: here, initContainers: [{name: i, image: 'b:1'}], containers: [{name: a, image: 'b:1', command: [x], env: [{name: A, value: b}]}]}"));

    [Fact]
    public void Images_labels_annotations_and_added_tolerations_may_change()
    {
        var changed = Change(p =>
        {
            p["metadata"]!["labels"] = new JsonObject { ["a"] = "b" };
            p["metadata"]!["finalizers"] = new JsonArray("x/y");
            p["spec"]!["containers"]![0]!["image"] = "b:2";
            p["spec"]!["initContainers"]![0]!["image"] = "b:2";
            p["spec"]!["tolerations"] = new JsonArray(new JsonObject { ["operator"] = "Exists" });
            p["spec"]!.AsObject().Remove("nodeName");
            p["spec"]!["securityContext"] = null;
        });
        Assert.Empty(PodUpdate.Validate(_pod, changed));
    }

    [Theory]
    [InlineData("spec.restartPolicy", "Never")]
    [InlineData("spec.nodeName", "there")]
    [InlineData("spec.containers[0].name", "c")]
    [InlineData("spec.containers[0].workingDir", "/x")]
    [InlineData("spec.containers[0].env[0].value", "c")]
    [InlineData("spec.containers[0].command[0]", "y")]
    public void Anything_else_is_refused_by_its_field_with_the_way_out(string path, string value)
    {
        var changed = Change(p =>
        {
            JsonNode node = p;
            var parts = path.Replace("[", ".[", StringComparison.Ordinal).Split('.');
            foreach (var part in parts[..^1])
            {
                node = part[0] == '[' ? node[int.Parse(part[1..^1])]! : node[part]!;
            }

            if (parts[^1][0] == '[')
            {
                node[int.Parse(parts[^1][1..^1])] = value;
            }
            else
            {
                node[parts[^1]] = value;
            }
        });
        var error = Assert.Single(PodUpdate.Validate(_pod, changed));
        Assert.StartsWith(path + ": Forbidden: may not change while the pod exists; delete the pod", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, 5L, true)]
    [InlineData(5L, 4L, true)]
    [InlineData(5L, 6L, false)]
    [InlineData(5L, null, false)]
    public void An_active_deadline_may_be_set_or_shortened(long? before, long? after, bool allowed) =>
        Assert.Equal(allowed, PodUpdate.Validate(Deadline(before), Deadline(after)).Count == 0);

    private static Pod Deadline(long? seconds) => _pod with { Spec = _pod.Spec with { ActiveDeadlineSeconds = seconds } };

    [Fact]
    public void Containers_cannot_be_added_nor_an_image_removed()
    {
        Assert.Equal("spec.containers", Assert.Single(PodUpdate.Validate(_pod, Change(p => p["spec"]!["containers"]!.AsArray().Add((JsonNode)new JsonObject { ["name"] = "c" })))).Path);
        Assert.Equal("spec.containers[0].image", Assert.Single(PodUpdate.Validate(_pod, Change(p => p["spec"]!["containers"]![0]!.AsObject().Remove("image")))).Path);
    }

    [Fact]
    public void Identity_is_immutable()
    {
        var errors = PodUpdate.Validate(_pod, Change(p => p["metadata"]!["name"] = "other"));
        Assert.Equal("metadata.name: Invalid value: \"other\": field is immutable", Assert.Single(errors).ToString());
    }

    [Fact]
    public void What_the_server_writes_is_carried_over()
    {
        var old = ApiJson.ToJson(_pod with { Status = new() { Phase = "Running" }, Metadata = _pod.Metadata with { Uid = "u", Generation = 4 } });
        var sent = JsonNode.Parse("""{"metadata":{"name":"web","uid":"forged","resourceVersion":"7"},"spec":{"containers":[]},"status":{"phase":"Failed"}}""")!.AsObject();
        var result = PodUpdate.CarryOver(old, sent);
        Assert.Equal("""{"metadata":{"name":"web","resourceVersion":"7","uid":"u","generation":4},"spec":{"containers":[],"nodeName":"here"},"status":{"phase":"Running"}}""", result.ToJsonString());
    }

    private static Pod Change(Action<JsonObject> change)
    {
        var document = ApiJson.ToJson(_pod);
        change(document);
        return ApiJson.Read<Pod>(document);
    }
}
