using System.Globalization;
using System.Text.Json.Nodes;
using Insula.Api.Core;
using Insula.Api.Json;
using Insula.Api.Meta;
using Insula.Api.Patches;
using Insula.Workloads.Pods;

namespace Insula.Workloads.Tests;

/// <summary>A store of one namespace, and a clock: what controllers want is done, and pods live as the test says.</summary>
internal sealed class World
{
    private readonly Dictionary<(string Resource, string Name), JsonObject> _objects = [];
    private int _made;

    public DateTimeOffset Now { get; private set; } = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>What was told.</summary>
    public List<WorkloadNote> Notes { get; } = [];

    /// <summary>Whether making something is refused, and why.</summary>
    public string? Refusal { get; set; }

    public IEnumerable<WorkloadPod> Pods => Documents("pods").Select(d => WorkloadPod.Of(ApiJson.Read<Pod>(d)));

    public void Pass(double seconds) => Now = Now.AddSeconds(seconds);

    public IReadOnlyList<JsonObject> Documents(string resource) =>
        [.. _objects.Where(o => o.Key.Resource == resource).OrderBy(o => o.Key.Name, StringComparer.Ordinal).Select(o => o.Value)];

    public T? Find<T>(string resource, string name)
        where T : class => _objects.TryGetValue((resource, name), out var document) ? ApiJson.Read<T>(document) : null;

    public IReadOnlyList<T> All<T>(string resource)
        where T : class => [.. Documents(resource).Select(d => ApiJson.Read<T>(d))];

    /// <summary>Stores an object, with what a store gives it.</summary>
    public string Add(string resource, JsonObject document)
    {
        var metadata = document["metadata"]!.AsObject();
        var name = (string?)metadata["name"] ?? string.Create(CultureInfo.InvariantCulture, $"{metadata["generateName"]}{++_made:00000}");
        if (_objects.ContainsKey((resource, name)))
        {
            throw new InvalidOperationException($"{resource} {name} is there already");
        }

        metadata["name"] = name;
        metadata["namespace"] = "default";
        metadata["uid"] ??= $"uid-{resource}-{name}-{++_made}";
        metadata["generation"] = 1;
        metadata["creationTimestamp"] = TimeConverter.Format(Now);
        if (resource == "pods")
        {
            document["status"] = new JsonObject { ["phase"] = "Pending" };
        }

        _objects[(resource, name)] = document;
        return name;
    }

    /// <summary>Changes an object; a changed spec counts.</summary>
    public void Change(string resource, string name, Action<JsonObject> change)
    {
        var document = _objects[(resource, name)];
        var spec = document["spec"]?.DeepClone();
        change(document);
        if (!JsonNode.DeepEquals(spec, document["spec"]))
        {
            document["metadata"]!["generation"] = long.Parse(document["metadata"]!["generation"]!.ToString(), CultureInfo.InvariantCulture) + 1;
        }
    }

    public void Remove(string resource, string name) => _objects.Remove((resource, name));

    /// <summary>Has a pod be of a phase, and ready or not.</summary>
    public void Set(string pod, string phase, bool ready = false) => Change("pods", pod, d => d["status"] = new JsonObject
    {
        ["phase"] = phase,
        ["conditions"] = ready ? new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "True", ["lastTransitionTime"] = TimeConverter.Format(Now) }) : null,
        ["containerStatuses"] = phase is "Succeeded" or "Failed"
            ? new JsonArray(new JsonObject { ["name"] = "main", ["state"] = new JsonObject { ["terminated"] = new JsonObject { ["exitCode"] = phase == "Failed" ? 1 : 0, ["finishedAt"] = TimeConverter.Format(Now) } } })
            : null,
    });

    /// <summary>Has all pods that run, or will, be ready.</summary>
    public void ReadyAll()
    {
        foreach (var pod in Pods.Where(p => p is { IsActive: true, IsReady: false }))
        {
            Set(pod.Name, "Running", ready: true);
        }
    }

    /// <summary>Does what was decided.</summary>
    /// <param name="resource">Where the controller's object is.</param>
    /// <param name="name">Which it is.</param>
    /// <param name="decision">What was decided.</param>
    /// <param name="deleteAtOnce">Whether pods that are deleted are gone at once.</param>
    public void Do(string resource, string name, WorkloadDecision decision, bool deleteAtOnce = true)
    {
        foreach (var change in decision.Changes)
        {
            switch (change)
            {
                case WorkloadChange.Create create when Refusal is null:
                    if (!create.MayExist || create.Document["metadata"]!["name"] is not { } wanted || !_objects.ContainsKey((create.Resource, wanted.ToString())))
                    {
                        Add(create.Resource, create.Document.DeepClone().AsObject());
                    }

                    break;
                case WorkloadChange.Edit edit:
                    Assert.Equal(edit.Uid, (string?)_objects[(edit.Resource, edit.Name)]["metadata"]!["uid"]);
                    Change(edit.Resource, edit.Name, d =>
                    {
                        var patched = MergePatch.Apply(d, edit.Patch)!.AsObject();
                        d.Clear();
                        foreach (var (key, value) in patched)
                        {
                            d[key] = value?.DeepClone();
                        }
                    });
                    break;
                case WorkloadChange.Delete delete:
                    Delete(delete.Resource, delete.Name, deleteAtOnce);
                    break;
                case WorkloadChange.Tell tell:
                    Notes.Add(tell.Note);
                    break;
            }
        }

        if (decision.Status is { } status && _objects.TryGetValue((resource, name), out var document))
        {
            document["status"] = status.DeepClone();
        }
    }

    public void Delete(string resource, string name, bool atOnce)
    {
        if (atOnce && _objects[(resource, name)]["metadata"]!["finalizers"] is null or JsonArray { Count: 0 })
        {
            Remove(resource, name);
        }
        else
        {
            _objects[(resource, name)]["metadata"]!["deletionTimestamp"] = TimeConverter.Format(Now);
        }
    }

    /// <summary>What pods are made from.</summary>
    /// <summary>Whether a change is about kept templates.</summary>
    public static bool IsOfRevisions(WorkloadChange change) =>
        (change as WorkloadChange.Create)?.Resource == "controllerrevisions.apps" || (change as WorkloadChange.Edit)?.Resource == "controllerrevisions.apps" || (change as WorkloadChange.Delete)?.Resource == "controllerrevisions.apps";

    /// <summary>The image of a pod's first container.</summary>
    public string ImageOf(string pod) => (string)_objects[("pods", pod)]["spec"]!["containers"]![0]!["image"]!;

    public static JsonObject Template(string app, string image = "busybox") => new()
    {
        ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = app } },
        ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "main", ["image"] = image }) },
    };

    public static LabelSelectorFields Selector(string app) => new() { MatchLabels = new Dictionary<string, string> { ["app"] = app } };
}
