using System.Text.Json.Nodes;

namespace Insula.Workloads;

/// <summary>Something that a controller wants done in the namespace of its object.</summary>
public abstract record WorkloadChange
{
    private WorkloadChange()
    {
    }

    /// <summary>Makes an object. Several of one decision are tried a few at first, and more as it goes well.</summary>
    /// <param name="Resource">Where: <c>pods</c>, <c>replicasets.apps</c>.</param>
    /// <param name="Document">The object: with a name, or a prefix from which one is made.</param>
    /// <param name="Told">What is said of it once it is done, with {0} for its name; null for nothing.</param>
    public sealed record Create(string Resource, JsonObject Document, WorkloadNote? Told = null) : WorkloadChange
    {
        /// <summary>Whether an object that has the name already is no failure: the controller looks at it next.</summary>
        public bool MayExist { get; init; }
    }

    /// <summary>Changes an object, if it is still the one that was seen.</summary>
    /// <param name="Resource">Where.</param>
    /// <param name="Name">Which.</param>
    /// <param name="Uid">Its uid.</param>
    /// <param name="Patch">A merge patch (RFC 7396).</param>
    /// <param name="Told">What is said of it once it is done; null for nothing.</param>
    public sealed record Edit(string Resource, string Name, string Uid, JsonObject Patch, WorkloadNote? Told = null) : WorkloadChange
    {
        /// <summary>Its version, where what was seen of it decides; null where any will do.</summary>
        public string? Version { get; init; }
    }

    /// <summary>Deletes an object, a pod within its grace.</summary>
    /// <param name="Resource">Where.</param>
    /// <param name="Name">Which.</param>
    /// <param name="Uid">Its uid.</param>
    /// <param name="Told">What is said of it once it is done; null for nothing.</param>
    public sealed record Delete(string Resource, string Name, string Uid, WorkloadNote? Told = null) : WorkloadChange;

    /// <summary>Says something about the controller's object.</summary>
    /// <param name="Note">What.</param>
    public sealed record Tell(WorkloadNote Note) : WorkloadChange;
}
