using System.Text;
using Insula.Api.Pods;
using Insulad.StaticPods;

namespace Insulad.Tests;

public sealed class StaticPodReaderTests
{
    private const string Web = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec: {containers: [{name: a, image: b}]}\n";

    [Fact]
    public void A_pod_is_named_and_annotated_as_the_kubelet_does()
    {
        var pod = Assert.Single(Read(Web).Pods!);
        Assert.Equal(("pods", "default", "web-node1"), (pod.Key.Resource, pod.Key.Namespace, pod.Key.Name));
        Assert.Equal(32, pod.Hash.Length);
        var metadata = pod.Document["metadata"]!;
        Assert.Equal(("web-node1", "default", "web"), ((string?)metadata["name"], (string?)metadata["namespace"], (string?)metadata["labels"]!["app"]));
        Assert.Equal("file", (string?)metadata["annotations"]!["kubernetes.io/config.source"]);
        Assert.Equal((pod.Hash, pod.Hash), ((string?)metadata["annotations"]!["kubernetes.io/config.hash"], (string?)metadata["annotations"]!["kubernetes.io/config.mirror"]));
        Assert.Equal("Node1", (string?)pod.Document["spec"]!["nodeName"]);
    }

    [Fact]
    public void The_hash_is_that_of_what_is_said_in_a_file_on_a_machine()
    {
        var hash = Read(Web).Pods![0].Hash;
        Assert.Equal(hash, Read("# a remark\n" + Web).Pods![0].Hash);
        Assert.NotEqual(hash, Read(Web.Replace("image: b", "image: c", StringComparison.Ordinal)).Pods![0].Hash);
        Assert.NotEqual(hash, StaticPodReader.Read("other.yaml", Encoding.UTF8.GetBytes(Web), "Node1").Pods![0].Hash);
        Assert.NotEqual(hash, StaticPodReader.Read("web.yaml", Encoding.UTF8.GetBytes(Web), "Node2").Pods![0].Hash);
    }

    [Fact]
    public void A_file_may_hold_several() =>
        Assert.Equal(["web-node1", "two-node1"], Read(Web + "---\n" + Web.Replace("name: web", "name: two", StringComparison.Ordinal)).Pods!.Select(p => p.Key.Name));

    [Theory]
    [InlineData("", "it holds no pod")]
    [InlineData("{", "line ")]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, imagee: b}]}", "imagee")]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: {generateName: web-}\nspec: {containers: [{name: a, image: b}]}", "metadata.name: Required value")]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}", "static pods are Pods alone, not objects of the kind ConfigMap")]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: {name: web, finalizers: [a.b/c]}\nspec: {containers: [{name: a, image: b}]}", "metadata.finalizers: Forbidden")]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {imagePullSecrets: [{name: s}], containers: [{name: a, image: b}]}", "static pods may not reference secrets")]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: b, envFrom: [{configMapRef: {name: m}}]}]}", "static pods may not reference configmaps")]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {initContainers: [{name: i, image: b, env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]}], containers: [{name: a, image: b}]}", "static pods may not reference secrets")]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {volumes: [{name: v, configMap: {name: m}}], containers: [{name: a, image: b}]}", "static pods may not reference configmaps")]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {volumes: [{name: v, projected: {sources: [{secret: {name: s}}]}}], containers: [{name: a, image: b}]}", "static pods may not reference secrets")]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {volumes: [{name: v, persistentVolumeClaim: {claimName: c}}], containers: [{name: a, image: b}]}", "static pods may not reference persistentvolumeclaims")]
    [InlineData("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}}}}], containers: [{name: a, image: b}]}", "static pods may not reference persistentvolumeclaims")]
    public void What_cannot_be_taken_says_why(string text, string why)
    {
        var file = Read(text);
        Assert.Null(file.Pods);
        Assert.Contains(why, file.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_text_is_said_to_be_none() => Assert.Contains("UTF-8", StaticPodReader.Read("web.yaml", [0xff, 0xfe, 0x00], "n").Problem, StringComparison.Ordinal);

    [Fact]
    public void A_static_pod_is_known_by_a_uid_that_no_request_makes()
    {
        var uid = StaticPodUid.New("web.yaml");
        Assert.True(StaticPodUid.Is(uid));
        Assert.NotEqual(uid, StaticPodUid.New("web.yaml"));
        Assert.True(StaticPodUid.IsOf(uid, "web.yaml"));
        Assert.False(StaticPodUid.IsOf(uid, "other.yaml"));
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.False(StaticPodUid.Is(Guid.NewGuid().ToString())));
        Assert.False(StaticPodUid.Is(null));
    }

    private static StaticPodFile Read(string text) => StaticPodReader.Read("web.yaml", Encoding.UTF8.GetBytes(text), "Node1");
}
