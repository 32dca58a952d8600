using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Kinds;
using Insula.Api.Manifests;
using Insula.Api.Printing;
using Insula.Api.Storage;
using Insula.Api.Validation;

namespace Insula.Api.Tests.Storage;

public sealed class StorageValidationTests
{
    private static readonly HashSet<string> s_drivers = ["insula.dev/local"];

    [Theory]
    [InlineData("accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}", "")]
    [InlineData("accessModes: [ReadWriteOnce, ReadOnlyMany], resources: {requests: {storage: 1Gi}}, storageClassName: '', volumeName: one, volumeMode: Filesystem, selector: {matchLabels: {a: b}}", "")]
    [InlineData("resources: {requests: {storage: 1Gi}}", "spec.accessModes: Required value: at least 1 access mode is required")]
    [InlineData("accessModes: [ReadWriteTwice], resources: {requests: {storage: 1Gi}}", "spec.accessModes[0]: Unsupported value: \"ReadWriteTwice\"")]
    [InlineData("accessModes: [ReadWriteOncePod, ReadWriteOnce], resources: {requests: {storage: 1Gi}}", "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes")]
    [InlineData("accessModes: [ReadWriteOnce]", "spec.resources[storage]: Required value")]
    [InlineData("accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi, cpu: 1}}", "spec.resources.requests: Unsupported value: \"cpu\": supported values: \"storage\"")]
    [InlineData("accessModes: [ReadWriteOnce], resources: {requests: {storage: 0}}", "spec.resources[storage]: Invalid value: \"0\": must be greater than zero")]
    [InlineData("accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}, limits: {storage: 1Gi}}", "must be less than or equal to storage limit of 1Gi")]
    [InlineData("accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, storageClassName: A B", "spec.storageClassName: Invalid value: \"A B\"")]
    [InlineData("accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, volumeName: A B", "spec.volumeName: Invalid value: \"A B\"")]
    [InlineData("accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, volumeMode: Block", "spec.volumeMode: \"Block\" is not supported yet")]
    [InlineData("accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, dataSource: {kind: VolumeSnapshot, name: x}", "spec.dataSource: not supported yet")]
    [InlineData("accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, clas: x", "spec.clas: unknown field")]
    [InlineData("accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, selector: {matchLabels: {'a b': c}}", "spec.selector.matchLabels: Invalid value")]
    public void Claims_are_checked(string spec, string expected) =>
        Check($"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: data}}\nspec: {{{spec}}}", expected, d => StorageValidation.Validate(ApiJson.Read<PersistentVolumeClaim>(StorageDefaults.Claim(d))));

    [Theory]
    [InlineData("capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /srv}", "")]
    [InlineData("capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], local: {path: /srv}, nodeAffinity: {required: {}}, claimRef: {namespace: default, name: data}, persistentVolumeReclaimPolicy: Delete", "")]
    [InlineData("capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], csi: {driver: insula.dev/local, volumeHandle: one, readOnly: true}", "")]
    [InlineData("accessModes: [ReadWriteOnce], hostPath: {path: /srv}", "spec.capacity: Required value")]
    [InlineData("capacity: {cpu: 1}, accessModes: [ReadWriteOnce], hostPath: {path: /srv}", "spec.capacity: Unsupported value: \"cpu\": supported values: \"storage\"")]
    [InlineData("capacity: {storage: -1}, accessModes: [ReadWriteOnce], hostPath: {path: /srv}", "spec.capacity[storage]: Invalid value: \"-1\": must be greater than zero")]
    [InlineData("capacity: {storage: 1Gi}, hostPath: {path: /srv}", "spec.accessModes: Required value")]
    [InlineData("capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce]", "spec: Required value: must specify a volume type")]
    [InlineData("capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /srv}, local: {path: /srv}", "spec.local: Forbidden: may not specify more than 1 volume type")]
    [InlineData("capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: ../srv}", "spec.hostPath.path: Invalid value: \"../srv\": must be an absolute path")]
    [InlineData("capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], local: {path: /a/../b}", "spec.local.path: Invalid value: \"/a/../b\": must not contain '..'")]
    [InlineData("capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], local: {path: \"/a\\nb\"}", "must not contain control characters")]
    [InlineData("capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], csi: {driver: ebs.csi.aws.com, volumeHandle: one}", "spec.csi.driver: Unsupported value: \"ebs.csi.aws.com\": supported values: \"insula.dev/local\"")]
    [InlineData("capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], csi: {driver: insula.dev/local, volumeHandle: ../etc}", "spec.csi.volumeHandle: Invalid value: \"../etc\"")]
    [InlineData("capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], nfs: {server: a, path: /b}", "spec.nfs: not supported: Insula has no driver for it; mount it on the host and use local")]
    [InlineData("capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /srv}, persistentVolumeReclaimPolicy: Recycle", "spec.persistentVolumeReclaimPolicy: \"Recycle\" is not supported: it is deprecated")]
    [InlineData("capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /srv}, claimRef: {name: data}", "spec.claimRef.namespace: Required value")]
    [InlineData("capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /srv}, mountOptions: [noatime]", "spec.mountOptions: not supported: volumes are directories of the machine")]
    public void Volumes_are_checked(string spec, string expected) =>
        Check($"apiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: one}}\nspec: {{{spec}}}", expected, d => StorageValidation.Validate(ApiJson.Read<PersistentVolume>(StorageDefaults.Volume(d)), s_drivers));

    [Theory]
    [InlineData("provisioner: insula.dev/local, allowVolumeExpansion: true, reclaimPolicy: Retain, volumeBindingMode: WaitForFirstConsumer", "")]
    [InlineData("provisioner: ebs.csi.aws.com, parameters: {type: gp3}", "")]
    [InlineData("provisioner: ''", "provisioner: Required value")]
    [InlineData("provisioner: a b", "provisioner: Invalid value: \"a b\"")]
    [InlineData("provisioner: insula.dev/local, parameters: {type: gp3}", "parameters[type]: Forbidden: insula.dev/local has no parameters")]
    [InlineData("provisioner: insula.dev/local, reclaimPolicy: Recycle", "reclaimPolicy: Unsupported value: \"Recycle\"")]
    [InlineData("provisioner: insula.dev/local, volumeBindingMode: Later", "volumeBindingMode: Unsupported value: \"Later\"")]
    [InlineData("provisioner: insula.dev/local, mountOptions: [noatime]", "mountOptions: not supported: volumes are directories of the machine")]
    public void Classes_are_checked(string fields, string expected) =>
        Check($"{{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {{name: fast}}, {fields}}}", expected, d => StorageValidation.Validate(ApiJson.Read<StorageClass>(StorageDefaults.Class(d)), s_drivers));

    [Theory]
    [InlineData("Bound", "storageClassName", "\"other\"", "spec is immutable after creation")]
    [InlineData("Bound", "volumeName", "\"other\"", "spec is immutable after creation")]
    [InlineData("Pending", "resources", """{"requests":{"storage":"2Gi"}}""", "spec is immutable after creation")]
    [InlineData("Bound", "resources", """{"requests":{"storage":"2Gi"}}""", "")]
    [InlineData("Bound", "resources", """{"requests":{"storage":"500Mi"}}""", "field can not be less than previous value")]
    public void What_a_claim_wishes_stays_but_for_more_room(string phase, string field, string value, string expected)
    {
        var old = new JsonObject
        {
            ["spec"] = new JsonObject { ["storageClassName"] = "local", ["volumeName"] = "one", ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = "1Gi" } } },
            ["status"] = new JsonObject { ["phase"] = phase },
        };
        var changed = old.DeepClone().AsObject();
        changed["spec"]![field] = JsonNode.Parse(value);
        var errors = string.Join('\n', StorageValidation.ValidateClaimUpdate(old, changed));
        Assert.True(expected.Length == 0 ? errors.Length == 0 : errors.Contains(expected, StringComparison.Ordinal), errors);
        Assert.Empty(StorageValidation.ValidateClaimUpdate(old, old));
        var bare = new JsonObject { ["spec"] = new JsonObject { ["resources"] = old["spec"]!["resources"]!.DeepClone() } };
        StorageDefaults.CarryOver(old, bare);
        Assert.Empty(StorageValidation.ValidateClaimUpdate(old, bare));
    }

    [Fact]
    public void What_a_volume_or_a_class_is_about_stays()
    {
        var volume = new JsonObject { ["spec"] = new JsonObject { ["local"] = new JsonObject { ["path"] = "/a" } } };
        Assert.Equal("spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation",
            Assert.Single(StorageValidation.ValidateVolumeUpdate(volume, new JsonObject { ["spec"] = new JsonObject { ["local"] = new JsonObject { ["path"] = "/b" } } })).ToString());
        var storage = new JsonObject { ["provisioner"] = "a", ["reclaimPolicy"] = "Delete" };
        Assert.Equal("reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.",
            Assert.Single(StorageValidation.ValidateClassUpdate(storage, new JsonObject { ["provisioner"] = "a", ["reclaimPolicy"] = "Retain" })).ToString());
    }

    [Fact]
    public void They_are_printed_as_kubectl_does()
    {
        var now = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
        Assert.Equal(
            "data|Bound|one|1Gi|RWO,ROX|local|<unset>|5m|Filesystem",
            Row("PersistentVolumeClaim", now, """{"metadata":{"name":"data","creationTimestamp":"2026-01-01T11:55:00Z"},"spec":{"volumeName":"one","storageClassName":"local","volumeMode":"Filesystem"},"status":{"phase":"Bound","accessModes":["ReadWriteOnce","ReadOnlyMany"],"capacity":{"storage":"1Gi"}}}"""));
        Assert.Equal(
            "data|Pending|||||<unset>|5m|Filesystem",
            Row("PersistentVolumeClaim", now, """{"metadata":{"name":"data","creationTimestamp":"2026-01-01T11:55:00Z"},"spec":{"volumeMode":"Filesystem"},"status":{"phase":"Pending"}}"""));
        Assert.Equal(
            "one|1Gi|RWOP|Retain|Terminating|default/data||<unset>|why|5m|Filesystem",
            Row("PersistentVolume", now, """{"metadata":{"name":"one","creationTimestamp":"2026-01-01T11:55:00Z","deletionTimestamp":"2026-01-01T11:55:00Z"},"spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOncePod"],"persistentVolumeReclaimPolicy":"Retain","volumeMode":"Filesystem","claimRef":{"namespace":"default","name":"data"}},"status":{"phase":"Released","reason":"why"}}"""));
        Assert.Equal(
            "local (default)|insula.dev/local|Delete|WaitForFirstConsumer|true|5m",
            Row("StorageClass", now, """{"metadata":{"name":"local","creationTimestamp":"2026-01-01T11:55:00Z","annotations":{"storageclass.kubernetes.io/is-default-class":"true"}},"provisioner":"insula.dev/local","volumeBindingMode":"WaitForFirstConsumer","allowVolumeExpansion":true}"""));
    }

    private static string Row(string kind, DateTimeOffset now, string document) =>
        string.Join('|', TablePrinter.Print(KindTable.All.First(k => k.Kind == kind), [JsonNode.Parse(document)!.AsObject()], now).Rows[0].Cells.Select(c => c?.ToString()));

    private static void Check(string manifest, string expected, Func<JsonObject, IReadOnlyList<FieldError>> validate)
    {
        var parsed = Manifest.Parse(manifest);
        var wrong = parsed.Problems().ToList();
        var said = string.Join('\n', wrong.Count > 0 ? wrong : validate(parsed.Documents[0].Object.DeepClone().AsObject()).Select(e => e.ToString()));
        Assert.True(expected.Length == 0 ? said.Length == 0 : said.Contains(expected, StringComparison.Ordinal), said);
    }
}
