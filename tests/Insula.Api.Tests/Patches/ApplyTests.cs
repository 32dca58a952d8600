using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Insula.Api.Patches;
using Insula.Api.Schema;

namespace Insula.Api.Tests.Patches;

public sealed class ApplyTests
{
    private static readonly ObjectType _pod = Schemas.For("Pod");

    [Fact]
    public void What_the_manifest_no_longer_says_goes_and_what_it_never_said_stays()
    {
        var first = Parse("""{"metadata":{"name":"w","labels":{"a":"1","b":"2"}},"spec":{"containers":[{"name":"x","image":"i","env":[{"name":"A","value":"1"},{"name":"B","value":"2"}]}]}}""");
        var live = ThreeWayApply.ForCreate(first);
        live["metadata"]!["labels"]!["other"] = "kept";
        live["spec"]!["restartPolicy"] = "Always";
        live["spec"]!["containers"]![0]!["imagePullPolicy"] = "Always";
        var second = Parse("""{"metadata":{"name":"w","labels":{"a":"3"}},"spec":{"containers":[{"name":"x","image":"j","env":[{"name":"B","value":"2"}]}]}}""");
        var result = ThreeWayApply.Apply(live, second, _pod);
        Assert.True(result.Changed);
        Assert.Equal("""{"a":"3","other":"kept"}""", result.Merged["metadata"]!["labels"]!.ToJsonString());
        Assert.Equal("""{"containers":[{"name":"x","image":"j","env":[{"name":"B","value":"2"}],"imagePullPolicy":"Always"}],"restartPolicy":"Always"}""", result.Merged["spec"]!.ToJsonString());
        Assert.False(ThreeWayApply.Apply(result.Merged, second, _pod).Changed);
    }

    [Fact]
    public void Moving_fields_around_changes_nothing()
    {
        var live = ThreeWayApply.ForCreate(Parse("""{"metadata":{"name":"w","labels":{"a":"1","b":"2"}},"spec":{"hostPID":true,"hostIPC":true}}"""));
        Assert.False(ThreeWayApply.Apply(live, Parse("""{"spec":{"hostIPC":true,"hostPID":true},"metadata":{"labels":{"b":"2","a":"1"},"name":"w"}}"""), _pod).Changed);
    }

    [Fact]
    public void Without_the_annotation_nothing_is_removed()
    {
        var live = Parse("""{"metadata":{"name":"w","labels":{"a":"1"},"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"no json"}}}""");
        Assert.Null(ThreeWayApply.Last(live));
        Assert.Equal("1", ThreeWayApply.Apply(live, Parse("""{"metadata":{"name":"w"}}"""), _pod).Merged["metadata"]!["labels"]!["a"]!.GetValue<string>());
    }

    [Fact]
    public void Server_fields_and_status_of_the_manifest_are_left_out()
    {
        var created = ThreeWayApply.ForCreate(Parse("""{"metadata":{"name":"w","uid":"u","resourceVersion":"1"},"status":{"phase":"Failed"}}"""));
        Assert.Null(created["status"]);
        Assert.Null(created["metadata"]!["uid"]);
        Assert.Equal("""{"metadata":{"name":"w"}}""", created["metadata"]!["annotations"]![ThreeWayApply.LastApplied]!.GetValue<string>());
    }

    [Fact]
    public void Applying_holds_what_the_manifest_says_and_is_idempotent() =>
        Prop.ForAll(Documents(), Documents(), (live, desired) =>
        {
            var once = ThreeWayApply.Apply(live, desired, _pod).Merged;
            return Holds(desired, once) && !ThreeWayApply.Apply(once, desired, _pod).Changed;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    [Fact]
    public void Applying_a_then_b_leaves_nothing_that_only_a_said() =>
        Prop.ForAll(Documents(), Documents(), (a, b) =>
        {
            var both = ThreeWayApply.Apply(ThreeWayApply.ForCreate(a), b, _pod).Merged;
            var alone = ThreeWayApply.ForCreate(b);
            return JsonNode.DeepEquals(WithoutEmpty(both), WithoutEmpty(alone));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    [Fact]
    public void A_created_merge_patch_leads_from_one_to_the_other() =>
        Prop.ForAll(Documents(), Documents(), (from, to) => JsonNode.DeepEquals(to, MergePatch.Apply(from, MergePatch.Create(from, to))))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    [Fact]
    public void Patches_are_idempotent_and_leave_their_target_alone() =>
        Prop.ForAll(Documents(), Documents(), (target, patch) =>
        {
            var before = target.ToJsonString();
            var once = StrategicMergePatch.Apply(target, patch, _pod);
            return target.ToJsonString() == before
                && JsonNode.DeepEquals(once, StrategicMergePatch.Apply(once, patch, _pod))
                && JsonNode.DeepEquals(MergePatch.Apply(MergePatch.Apply(target, patch), patch), MergePatch.Apply(target, patch));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    // Every value of the manifest is in the result.
    private static bool Holds(JsonNode? desired, JsonNode? merged) => (desired, merged) switch
    {
        (JsonObject wanted, JsonObject present) => wanted.All(p => Holds(p.Value, present[p.Key])),
        (JsonArray wanted, JsonArray present) => wanted.All(w => present.Any(p => Holds(w, p))),
        _ => JsonNode.DeepEquals(desired, merged),
    };

    // An object or list that lost its last value stays as an empty one; that is the same to every reader.
    private static JsonNode? WithoutEmpty(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.Select(p => KeyValuePair.Create(p.Key, WithoutEmpty(p.Value)))
            .Where(p => p.Value is not (null or JsonObject { Count: 0 } or JsonArray { Count: 0 }))),
        JsonArray list => new JsonArray([.. list.Select(WithoutEmpty)]),
        _ => node?.DeepClone(),
    };

    private static Arbitrary<JsonObject> Documents()
    {
        var labels = Gen.Elements("a", "b", "c").ArrayOf().Select(keys => keys.Distinct().ToArray());
        var texts = Gen.Elements("1", "2");
        var env = from names in labels
                  from value in texts
                  select new JsonArray([.. names.Select(n => (JsonNode)new JsonObject { ["name"] = n, ["value"] = value })]);
        var containers = from names in labels
                         from image in texts
                         from command in texts
                         from variables in env
                         select new JsonArray([.. names.Select(n => (JsonNode)new JsonObject
                         {
                             ["name"] = n, ["image"] = image, ["command"] = new JsonArray(command), ["env"] = variables.DeepClone(),
                         })]);
        var documents = from names in labels
                        from value in texts
                        from list in containers
                        from hostPid in Gen.Elements(true, false)
                        select new JsonObject
                        {
                            ["metadata"] = new JsonObject { ["name"] = "w", ["labels"] = new JsonObject(names.Select(n => KeyValuePair.Create(n, (JsonNode?)value))) },
                            ["spec"] = hostPid ? new JsonObject { ["hostPID"] = true, ["containers"] = list } : new JsonObject { ["containers"] = list },
                        };
        return documents.ToArbitrary();
    }

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();
}
