using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Json;
using Insula.Api.Patches;
using Insula.Api.Storage;

namespace Insula.Claims.Tests;

/// <summary>A store of claims, volumes and classes, drivers with directories, pods, and a clock: what the rules want is done.</summary>
internal sealed class StorageWorld
{
    public const string Driver = "insula.dev/local";

    private readonly Dictionary<(string Resource, string Name), JsonObject> _objects = [];
    private readonly Dictionary<string, DriverWork> _work = [];
    private int _version;

    public DateTimeOffset Now { get; private set; } = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Claims that pods want, in the namespace default.</summary>
    public HashSet<string> Wanted { get; } = [];

    /// <summary>Claims that are to be made for pods.</summary>
    public List<EphemeralClaim> Ephemeral { get; } = [];

    /// <summary>Volumes that pods have.</summary>
    public HashSet<string> InUse { get; } = [];

    /// <summary>The directories that drivers have made, by handle, with the claim they were made for.</summary>
    public HashSet<string> Directories { get; } = [];

    /// <summary>Handles whose directories went.</summary>
    public List<string> Removed { get; } = [];

    /// <summary>What was told, as <c>Reason: message</c>.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Why drivers refuse everything; null when they do not.</summary>
    public string? Refusal { get; set; }

    public IReadOnlyList<PersistentVolumeClaim> Claims => All<PersistentVolumeClaim>(ObjectSeen.Claims);

    public IReadOnlyList<PersistentVolume> Volumes => All<PersistentVolume>(ObjectSeen.Volumes);

    public PersistentVolumeClaim Claim(string name) => ApiJson.Read<PersistentVolumeClaim>(_objects[(ObjectSeen.Claims, name)]);

    public PersistentVolume Volume(string name) => ApiJson.Read<PersistentVolume>(_objects[(ObjectSeen.Volumes, name)]);

    public bool Has(string resource, string name) => _objects.ContainsKey((resource, name));

    public void Pass(double seconds) => Now = Now.AddSeconds(seconds);

    public void AddClass(string name, string mode = BindingModes.Immediate, string reclaim = ReclaimPolicies.Delete, bool standard = false, string provisioner = Driver) => Add(ObjectSeen.Classes, new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["annotations"] = standard ? new JsonObject { [StorageWords.DefaultClass] = "true" } : null },
        ["provisioner"] = provisioner,
        ["reclaimPolicy"] = reclaim,
        ["volumeBindingMode"] = mode,
    });

    public void AddClaim(string name, string? storage, string size = "1Gi", string modes = "ReadWriteOnce", string? volume = null, string? label = null) => Add(ObjectSeen.Claims, new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default", ["finalizers"] = new JsonArray(StorageWords.ClaimProtection) },
        ["spec"] = new JsonObject
        {
            ["accessModes"] = new JsonArray([.. modes.Split(',').Select(m => (JsonNode)m)]),
            ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = size } },
            ["storageClassName"] = storage,
            ["volumeName"] = volume,
            ["selector"] = label is null ? null : new JsonObject { ["matchLabels"] = new JsonObject { ["disk"] = label } },
        },
        ["status"] = new JsonObject { ["phase"] = "Pending" },
    });

    public void AddVolume(
        string name, string size = "1Gi", string storage = "", string modes = "ReadWriteOnce", string reclaim = ReclaimPolicies.Retain, string? claim = null, string? label = null) => Add(ObjectSeen.Volumes, new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["labels"] = label is null ? null : new JsonObject { ["disk"] = label },
                ["finalizers"] = new JsonArray(StorageWords.VolumeProtection),
            },
            ["spec"] = new JsonObject
            {
                ["capacity"] = new JsonObject { ["storage"] = size },
                ["accessModes"] = new JsonArray([.. modes.Split(',').Select(m => (JsonNode)m)]),
                ["persistentVolumeReclaimPolicy"] = reclaim,
                ["storageClassName"] = storage,
                ["claimRef"] = claim is null ? null : new JsonObject { ["namespace"] = "default", ["name"] = claim },
                ["local"] = new JsonObject { ["path"] = "/srv/" + name },
            },
            ["status"] = new JsonObject { ["phase"] = "Pending" },
        });

    public void Change(string resource, string name, Action<JsonObject> change)
    {
        change(_objects[(resource, name)]);
        Touch(_objects[(resource, name)]);
    }

    /// <summary>Marks an object for deletion, as the API does; one without finalizers goes.</summary>
    public void Delete(string resource, string name)
    {
        var metadata = _objects[(resource, name)]["metadata"]!;
        if (metadata["finalizers"] is null or JsonArray { Count: 0 })
        {
            _objects.Remove((resource, name));
        }
        else
        {
            metadata["deletionTimestamp"] = TimeConverter.Format(Now);
            Touch(_objects[(resource, name)]);
        }
    }

    public StorageDecision Decide() => StorageController.Decide(
        new StorageState
        {
            Claims = Claims,
            Volumes = Volumes,
            Classes = All<StorageClass>(ObjectSeen.Classes),
            Wanted = Wanted.Select(w => ("default", w)).ToHashSet(),
            Ephemeral = Ephemeral,
            InUse = InUse,
            Work = _work,
            Drivers = new HashSet<string> { Driver },
        },
        Now);

    /// <summary>A daemon died: what drivers have come to is not known any more.</summary>
    public void Forget() => _work.Clear();

    /// <summary>Does what is decided, until nothing is; fails when there is no end to it.</summary>
    public void Settle()
    {
        for (var i = 0; i < 200; i++)
        {
            var decision = Decide();
            Notes.AddRange(decision.Notes.Select(n => $"{n.Reason}: {n.Message}"));
            if (decision.Changes.Count == 0)
            {
                return;
            }

            foreach (var change in decision.Changes)
            {
                Do(change);
            }
        }

        Assert.Fail($"no end to it: {string.Join(", ", Decide().Changes)}");
    }

    public void Do(StorageChange change)
    {
        switch (change)
        {
            case StorageChange.Create create:
                Add(create.Resource, create.Document.DeepClone().AsObject());
                break;
            case StorageChange.Edit edit:
                var key = (edit.Of.Resource, edit.Of.Metadata.Name);
                if (Is(edit.Of))
                {
                    _objects[key] = MergePatch.Apply(_objects[key].DeepClone(), edit.Patch)!.AsObject();
                    Touch(_objects[key]);
                }

                break;
            case StorageChange.Remove remove when Is(remove.Of):
                var document = _objects[(remove.Of.Resource, remove.Of.Metadata.Name)];
                var left = remove.Of.Metadata.Finalizers.Except(remove.Finalizers).ToList();
                document["metadata"]!["finalizers"] = new JsonArray([.. left.Select(f => (JsonNode)f)]);
                Delete(remove.Of.Resource, remove.Of.Metadata.Name);
                break;
            case StorageChange.Make make:
                Work(make.Volume, DriverStage.Made, DriverStage.MakeFailed, handle => Directories.Add(handle));
                break;
            case StorageChange.Unmake unmake:
                Work(unmake.Volume, DriverStage.Unmade, DriverStage.UnmakeFailed, handle =>
                {
                    if (Directories.Remove(handle))
                    {
                        Removed.Add(handle);
                    }
                });
                break;
        }
    }

    private void Work(PersistentVolume volume, DriverStage done, DriverStage failed, Action<string> act)
    {
        if (Refusal is null)
        {
            act(volume.Spec.Csi!.VolumeHandle);
        }

        _work[volume.Metadata.Uid!] = Refusal is null ? new DriverWork(done) : new DriverWork(failed, Refusal, Now.AddSeconds(10));
    }

    private bool Is(ObjectSeen seen) => _objects.TryGetValue((seen.Resource, seen.Metadata.Name), out var now)
        && (string?)now["metadata"]!["uid"] == seen.Metadata.Uid && (string?)now["metadata"]!["resourceVersion"] == seen.Metadata.ResourceVersion;

    private IReadOnlyList<T> All<T>(string resource)
        where T : class => [.. _objects.Where(o => o.Key.Resource == resource).Select(o => ApiJson.Read<T>(o.Value))];

    private void Add(string resource, JsonObject document)
    {
        var metadata = document["metadata"]!.AsObject();
        metadata["uid"] = string.Create(CultureInfo.InvariantCulture, $"{metadata["name"]}-{++_version}");
        metadata["creationTimestamp"] = TimeConverter.Format(Now.AddSeconds(_version));
        Touch(document);
        _objects.Add((resource, metadata["name"]!.ToString()), document);
    }

    private void Touch(JsonObject document) => document["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
}
